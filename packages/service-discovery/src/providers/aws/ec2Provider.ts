import { DiscoveryError } from '../../errors.ts';
import { checkHttpClient } from '../../http/checkHttpClient.ts';
import { createHttpClient, type HttpClient } from '../../http/httpClient.ts';
import type { AwsSdConfig, Ec2SdConfig } from '../../schema/discoverySchema.ts';
import type { LabelSet } from '../../targetGroup.ts';
import { refreshIntervalMs } from '../interval.ts';
import { lookUpTimeoutMs, polledProvider } from '../polledProvider.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { CredentialChain } from './credentialChain.ts';
import { instanceTargets, zoneIdsIn } from './ec2Targets.ts';
import { endpointOf, parseEndpoint } from './endpoints.ts';
import { AwsRefusal, callAction, type QueryService, type QueryTransport } from './queryApi.ts';
import { textOf, type XmlElement } from './xml.ts';

const API_VERSION = '2016-11-15';
const PAGE_SIZE = '1000';
const MAX_PAGES = 1000;

/** `aws_sd_configs` names the service in `role`; EC2 is the one that is known here. */
export function planAws(config: AwsSdConfig): (context: ProviderContext) => Provider {
  const { role, clusters, ...ec2 } = config;
  if (role !== 'ec2') {
    throw bad(`aws_sd_configs: expected the role ec2, found "${role}", which this server does not have`);
  }
  if (clusters !== undefined) throw bad('aws_sd_configs: clusters are not for the role ec2; take them out');
  return planEc2(ec2);
}

/** Lists the instances of an AWS region, at every interval. */
export function planEc2(config: Ec2SdConfig): (context: ProviderContext) => Provider {
  const intervalMs = refreshIntervalMs(config.refresh_interval, '60s');
  checkHttpClient(config);
  if (config.endpoint) parseEndpoint(config.endpoint);
  if (Boolean(config.access_key) !== Boolean(config.secret_key)) {
    throw bad('ec2_sd_configs: access_key and secret_key go together; found only one of them');
  }
  if (config.external_id && !config.role_arn) throw bad('ec2_sd_configs: external_id needs role_arn');
  const empty = config.filters?.find(({ values = [] }) => values.length === 0);
  if (empty !== undefined) throw bad(`ec2_sd_configs: expected values in the filter "${empty.name}"`);
  return (context) => {
    const { baseDir, environment, clock } = context;
    const http = createHttpClient(config, { baseDir, environment, clock });
    const local = createHttpClient({ follow_redirects: false }, { clock });
    const transport = { http, clock, timeoutMs: lookUpTimeoutMs(intervalMs) };
    const listing = new InstanceListing(config, transport, local, context);
    return polledProvider(context, intervalMs, {
      refresh: (signal) => listing.refresh(signal),
      close: async () => {
        await Promise.all([http.close(), local.close()]);
      },
    });
  };
}

class InstanceListing {
  readonly #config: Ec2SdConfig;
  readonly #transport: QueryTransport;
  readonly #context: ProviderContext;
  readonly #credentials: CredentialChain;
  #region: string | undefined;
  #zoneIds: ReadonlyMap<string, string> | undefined;
  #saidZones = false;

  constructor(config: Ec2SdConfig, transport: QueryTransport, local: HttpClient, context: ProviderContext) {
    this.#config = config;
    this.#transport = transport;
    this.#context = context;
    this.#credentials = new CredentialChain(config, transport, local, context.environment);
  }

  async refresh(signal: AbortSignal): Promise<void> {
    this.#region ??= this.#config.region || (await this.#credentials.region(signal));
    const region = this.#region;
    this.#zoneIds ??= await this.#findZoneIds(region, signal);
    const targets = await this.#list(region, signal).catch((error: unknown) => {
      // Temporary credentials may have been taken back before their time.
      if (error instanceof AwsRefusal) this.#credentials.forget();
      throw error;
    });
    this.#context.sink.replace(new Map([[region, { targets, labels: {} }]]));
  }

  async #list(region: string, signal: AbortSignal): Promise<LabelSet[]> {
    const targets: LabelSet[] = [];
    const labelling = { region, port: this.#config.port ?? 80, zoneIds: this.#zoneIds ?? new Map() };
    const params = filterParams(this.#config.filters);
    let next: string | undefined;
    for (let pages = 0; pages === 0 || next !== undefined; pages++) {
      if (pages === MAX_PAGES) {
        throw new DiscoveryError('SD_BAD_RESPONSE', `expected at most ${MAX_PAGES} pages of instances`);
      }
      const token: [string, string][] = next === undefined ? [] : [['NextToken', next]];
      const page = await this.#call(region, 'DescribeInstances', [...params, ...token], signal);
      targets.push(...instanceTargets(page, labelling));
      next = textOf(page, 'nextToken');
    }
    return targets;
  }

  /** The account may lack the permission for this; then the label is missing. */
  async #findZoneIds(region: string, signal: AbortSignal): Promise<ReadonlyMap<string, string> | undefined> {
    try {
      return zoneIdsIn(await this.#call(region, 'DescribeAvailabilityZones', [], signal));
    } catch (error) {
      if (signal.aborted || !(error instanceof AwsRefusal)) throw error;
      if (!this.#saidZones) {
        this.#context.log.info({ reason: error.message }, 'availability zones of EC2 have no ID label');
        this.#saidZones = true;
      }
      return undefined;
    }
  }

  async #call(
    region: string,
    action: string,
    params: readonly [string, string][],
    signal: AbortSignal,
  ): Promise<XmlElement> {
    const endpoint = endpointOf('ec2', region, this.#config.endpoint, this.#context.environment);
    const service: QueryService = { name: 'ec2', version: API_VERSION, endpoint, region };
    const credentials = await this.#credentials.get(region, signal);
    return callAction(this.#transport, service, action, params, credentials, signal);
  }
}

function filterParams(filters: Ec2SdConfig['filters'] = []): [string, string][] {
  const params: [string, string][] = [['MaxResults', PAGE_SIZE]];
  for (const [index, { name, values = [] }] of filters.entries()) {
    params.push([`Filter.${index + 1}.Name`, name]);
    for (const [at, value] of values.entries()) params.push([`Filter.${index + 1}.Value.${at + 1}`, value]);
  }
  return params;
}

function bad(message: string): DiscoveryError {
  return new DiscoveryError('SD_BAD_CONFIG', message);
}
