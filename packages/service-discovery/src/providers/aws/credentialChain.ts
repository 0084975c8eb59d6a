import { readFile } from 'node:fs/promises';
import { DiscoveryError } from '../../errors.ts';
import type { HttpClient } from '../../http/httpClient.ts';
import type { Ec2SdConfig } from '../../schema/discoverySchema.ts';
import type { ProviderContext } from '../provider.ts';
import { assumeRole, assumeRoleWithWebIdentity } from './assumeRole.ts';
import { containerCredentials } from './containerCredentials.ts';
import { endpointOf } from './endpoints.ts';
import { InstanceMetadata } from './instanceMetadata.ts';
import type { QueryService, QueryTransport } from './queryApi.ts';
import { readProfile, type Profile } from './sharedProfiles.ts';
import type { AwsCredentials } from './signature.ts';

export type CredentialConfig = Pick<
  Ec2SdConfig,
  'access_key' | 'secret_key' | 'profile' | 'role_arn' | 'external_id'
>;

/** Temporary credentials are renewed this long before they expire. */
const MARGIN_MS = 300_000;

/**
 * Finds credentials where AWS's own tools do, in their order: the configuration, its profile, the environment, a web
 * identity, the shared files, the container, the instance. With `role_arn` these only vouch for the role.
 */
export class CredentialChain {
  readonly #config: CredentialConfig;
  readonly #transport: QueryTransport;
  readonly #local: HttpClient;
  readonly #metadata: InstanceMetadata;
  readonly #environment: ProviderContext['environment'];
  /** Only temporary credentials are kept; the others are as quick to find again. */
  #kept: AwsCredentials | undefined;

  /** `transport` reaches AWS, `local` the services of this machine. */
  constructor(
    config: CredentialConfig,
    transport: QueryTransport,
    local: HttpClient,
    environment: ProviderContext['environment'],
  ) {
    this.#config = config;
    this.#transport = transport;
    this.#local = local;
    this.#metadata = new InstanceMetadata(local, environment);
    this.#environment = environment;
  }

  /** Credentials that are valid now. Throws DiscoveryError. */
  async get(region: string, signal: AbortSignal): Promise<AwsCredentials> {
    const kept = this.#kept;
    const leftMs = (kept?.expiresAtMs ?? 0) - this.#transport.clock.now();
    if (kept !== undefined && leftMs > MARGIN_MS) return kept;
    try {
      const fresh = await this.#find(region, signal);
      this.#kept = fresh.expiresAtMs === undefined ? undefined : fresh;
      return fresh;
    } catch (error) {
      // There is some time left to get over a failure.
      if (kept !== undefined && leftMs > 0 && !signal.aborted) return kept;
      throw error;
    }
  }

  /** Looks for new credentials the next time: these were refused. */
  forget(): void {
    this.#kept = undefined;
  }

  /** The region: of the environment, of the profile, of the instance. Throws DiscoveryError with SD_BAD_CONFIG. */
  async region(signal: AbortSignal): Promise<string> {
    const named = this.#environment['AWS_REGION'] || this.#environment['AWS_DEFAULT_REGION'];
    if (named) return named;
    const profile = await readProfile(this.#profileName(), this.#environment);
    const ofProfile = profile?.get('region');
    if (ofProfile) return ofProfile;
    return this.#metadata.region(signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      const message = `expected a region in the configuration, in AWS_REGION or from the ${(error as Error).message}`;
      throw new DiscoveryError('SD_BAD_CONFIG', message, { cause: error });
    });
  }

  async #find(region: string, signal: AbortSignal): Promise<AwsCredentials> {
    const base = await this.#base(region, signal);
    const { role_arn: arn, external_id: externalId } = this.#config;
    if (!arn) return base;
    const role = { arn, externalId, sessionName: this.#sessionName() };
    return assumeRole(this.#transport, this.#sts(region), role, base, signal);
  }

  async #base(region: string, signal: AbortSignal): Promise<AwsCredentials> {
    const { access_key: accessKeyId, secret_key: secretAccessKey, profile } = this.#config;
    if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
    const found = profile
      ? await this.#ofProfile(profile, region, signal)
      : (this.#ofEnvironment() ??
        (await this.#ofWebIdentity(this.#environment, region, signal)) ??
        (await this.#ofProfile(this.#profileName(), region, signal)));
    return (
      found ??
      (await containerCredentials(this.#local, this.#environment, signal)) ??
      (await this.#ofInstance(signal))
    );
  }

  #ofEnvironment(): AwsCredentials | undefined {
    const environment = this.#environment;
    const accessKeyId = environment['AWS_ACCESS_KEY_ID'] || environment['AWS_ACCESS_KEY'];
    const secretAccessKey = environment['AWS_SECRET_ACCESS_KEY'] || environment['AWS_SECRET_KEY'];
    const sessionToken = environment['AWS_SESSION_TOKEN'];
    if (!accessKeyId || !secretAccessKey) return undefined;
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  }

  async #ofWebIdentity(
    { AWS_WEB_IDENTITY_TOKEN_FILE: file, AWS_ROLE_ARN: arn, AWS_ROLE_SESSION_NAME: name }: Environment,
    region: string,
    signal: AbortSignal,
  ): Promise<AwsCredentials | undefined> {
    if (!file || !arn) return undefined;
    const token = (await readFile(file, 'utf8')).trim();
    const role = { arn, sessionName: name || this.#sessionName() };
    return assumeRoleWithWebIdentity(this.#transport, this.#sts(region), role, token, signal);
  }

  /** The credentials of a profile, if it has any; only the default profile may be missing. */
  async #ofProfile(
    name: string,
    region: string,
    signal: AbortSignal,
    passed: readonly string[] = [],
  ): Promise<AwsCredentials | undefined> {
    const profile = await readProfile(name, this.#environment);
    if (profile === undefined) {
      if (name === 'default' && passed.length === 0) return undefined;
      throw bad(`expected a profile "${name}" in the shared credentials or configuration file, found none`);
    }
    const arn = profile.get('role_arn');
    const isOwnSource = profile.get('source_profile') === name && passed.includes(name);
    if (arn === undefined || isOwnSource) return keysOf(name, profile);
    if (passed.includes(name)) throw bad(`profiles lead to each other: ${[...passed, name].join(', ')}`);
    const sessionName = profile.get('role_session_name') ?? this.#sessionName();
    const file = profile.get('web_identity_token_file');
    if (file !== undefined) {
      const identity = {
        AWS_WEB_IDENTITY_TOKEN_FILE: file,
        AWS_ROLE_ARN: arn,
        AWS_ROLE_SESSION_NAME: sessionName,
      };
      return this.#ofWebIdentity(identity, region, signal);
    }
    const source = await this.#sourceOf(name, profile, region, signal, [...passed, name]);
    const role = { arn, sessionName, externalId: profile.get('external_id') };
    return assumeRole(this.#transport, this.#sts(region), role, source, signal);
  }

  async #sourceOf(
    name: string,
    profile: Profile,
    region: string,
    signal: AbortSignal,
    passed: readonly string[],
  ): Promise<AwsCredentials> {
    const from = profile.get('source_profile');
    const kind = profile.get('credential_source')?.toLowerCase();
    if (kind === 'ec2instancemetadata') return this.#ofInstance(signal);
    const source =
      from !== undefined
        ? await this.#ofProfile(from, region, signal, passed)
        : kind === 'environment'
          ? this.#ofEnvironment()
          : kind === 'ecscontainer'
            ? await containerCredentials(this.#local, this.#environment, signal)
            : undefined;
    if (source !== undefined) return source;
    throw bad(
      `profile "${name}": expected credentials from ${from ?? kind ?? 'a source_profile'}, found none`,
    );
  }

  async #ofInstance(signal: AbortSignal): Promise<AwsCredentials> {
    try {
      return await this.#metadata.credentials(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      const message = `expected access_key and secret_key, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role of this instance, found none; ${(error as Error).message}`;
      throw new DiscoveryError('SD_BAD_CONFIG', message, { cause: error });
    }
  }

  #profileName(): string {
    return this.#config.profile || this.#environment['AWS_PROFILE'] || 'default';
  }

  #sts(region: string): QueryService {
    const endpoint = endpointOf('sts', region, undefined, this.#environment);
    return { name: 'sts', version: '2011-06-15', endpoint, region };
  }

  #sessionName(): string {
    return `binnacle-${this.#transport.clock.now()}`;
  }
}

type Environment = ProviderContext['environment'];

function keysOf(name: string, profile: Profile): AwsCredentials | undefined {
  const accessKeyId = profile.get('aws_access_key_id');
  const secretAccessKey = profile.get('aws_secret_access_key');
  const sessionToken = profile.get('aws_session_token');
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  }
  const unsupported = ['credential_process', 'sso_session', 'sso_start_url'].find((key) => profile.has(key));
  if (unsupported === undefined) return undefined;
  throw bad(`profile "${name}": ${unsupported} is not supported; use keys, a role or a web identity`);
}

function bad(message: string): DiscoveryError {
  return new DiscoveryError('SD_BAD_CONFIG', message);
}
