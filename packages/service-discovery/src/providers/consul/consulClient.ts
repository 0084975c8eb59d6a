import { DiscoveryError } from '../../errors.ts';
import { createHttpClient, type HttpClient } from '../../http/httpClient.ts';
import { readBody } from '../../http/readBody.ts';
import type { HttpClientConfig } from '../../schema/httpClientSchema.ts';
import type { ConsulSdConfig } from '../../schema/discoverySchema.ts';
import type { ProviderContext } from '../provider.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** How long the agent holds a query that has no news. */
const WAIT_MS = 120_000;
/** The agent adds up to a sixteenth to the wait, and then has to answer. */
const TIMEOUT_MS = WAIT_MS + WAIT_MS / 16 + 30_000;

/** The part of a configuration that says how to reach Consul, checked when the client is made. */
export function consulHttpConfig(config: ConsulSdConfig): HttpClientConfig {
  const { username, password } = config;
  if (username === undefined && password === undefined) return config;
  if (config.basic_auth !== undefined) {
    throw new DiscoveryError(
      'SD_BAD_CONFIG',
      'consul_sd_configs: expected username or basic_auth, found both',
    );
  }
  const basic_auth = { username: username ?? '', password: password ?? '' };
  return { ...config, basic_auth };
}

/** Asks a Consul agent by its HTTP API. */
export class ConsulClient {
  readonly #config: ConsulSdConfig;
  readonly #http: HttpClient;
  readonly #base: string;

  constructor(config: ConsulSdConfig, { baseDir, environment, clock }: ProviderContext) {
    this.#config = config;
    this.#http = createHttpClient(consulHttpConfig(config), { baseDir, environment, clock });
    const { scheme = 'http', server = 'localhost:8500', path_prefix: prefix = '' } = config;
    this.#base = `${scheme}://${server}${prefix === '' || prefix.startsWith('/') ? prefix : `/${prefix}`}`;
  }

  /**
   * Makes a blocking query: with an index above 0 it answers when there is news, or after two minutes without. The
   * index of the answer is for the next query.
   */
  async query(
    path: string,
    params: readonly [string, string][],
    index: number,
    signal: AbortSignal,
  ): Promise<{ readonly value: unknown; readonly index: number }> {
    const query = new URLSearchParams([...this.#commonParams(), ...params]);
    if (index > 0) query.set('index', String(index));
    query.set('wait', `${WAIT_MS}ms`);
    const { token } = this.#config;
    const response = await this.#http.request(`${this.#base}${path}?${query.toString()}`, {
      headers: { 'accept-encoding': 'gzip', ...(token === undefined ? {} : { 'x-consul-token': token }) },
      signal,
      timeoutMs: TIMEOUT_MS,
    });
    const body = (await readBody(response, MAX_BODY_BYTES)).toString('utf8');
    if (response.statusCode !== 200) {
      throw new DiscoveryError(
        'SD_BAD_RESPONSE',
        `expected status 200 from Consul for ${path}, found ${response.statusCode}: ${body.slice(0, 200)}`,
      );
    }
    const next = Number(response.headers['x-consul-index'] ?? 0);
    // An index that went back means that the servers were restored: ask from the beginning.
    return { value: JSON.parse(body), index: Number.isFinite(next) && next >= index ? next : 0 };
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  #commonParams(): [string, string][] {
    const {
      datacenter,
      namespace,
      partition,
      allow_stale: stale = true,
      node_meta: meta = {},
    } = this.#config;
    const params = Object.entries(meta).map(([key, value]): [string, string] => [
      'node-meta',
      `${key}:${value}`,
    ]);
    if (datacenter) params.push(['dc', datacenter]);
    if (namespace) params.push(['ns', namespace]);
    if (partition) params.push(['partition', partition]);
    if (stale) params.push(['stale', '']);
    return params;
  }
}
