import { Type } from 'typebox';
import { DiscoveryError } from '../../errors.ts';
import type { HttpClient, HttpRequest } from '../../http/httpClient.ts';
import { networkReason } from '../../http/networkReason.ts';
import { readBody } from '../../http/readBody.ts';
import type { ProviderContext } from '../provider.ts';
import { parseAnswer, parseCredentials } from './jsonCredentials.ts';
import type { AwsCredentials } from './signature.ts';

const DEFAULT_ENDPOINT = 'http://169.254.169.254';
const MAX_BODY_BYTES = 64 * 1024;
/** The service is on the same machine; where there is none, packets to its address are often just dropped. */
const TIMEOUT_MS = 2000;
const TOKEN_LIFE_SECONDS = 21_600;

const identityDocument = Type.Object({ region: Type.String({ minLength: 1 }) });

/** The metadata service of an EC2 instance, asked with session tokens (its version 2). */
export class InstanceMetadata {
  readonly #http: HttpClient;
  readonly #base: string;
  readonly #isDisabled: boolean;

  /** `http` is without proxies: the service is on this machine. */
  constructor(http: HttpClient, environment: ProviderContext['environment']) {
    this.#http = http;
    this.#base = (environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || DEFAULT_ENDPOINT).replace(/\/$/, '');
    this.#isDisabled = environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true';
  }

  /** The region that this process runs in. Throws DiscoveryError with SD_REQUEST_FAILED. */
  async region(signal: AbortSignal): Promise<string> {
    const token = await this.#token(signal);
    const text = await this.#get('/latest/dynamic/instance-identity/document', token, signal);
    return parseAnswer(identityDocument, text, 'an instance identity document').region;
  }

  /** Credentials of the role of this instance. Throws DiscoveryError with SD_REQUEST_FAILED and SD_BAD_RESPONSE. */
  async credentials(signal: AbortSignal): Promise<AwsCredentials> {
    const path = '/latest/meta-data/iam/security-credentials/';
    const token = await this.#token(signal);
    const role = (await this.#get(path, token, signal)).trim().split('\n')[0]!;
    const text = await this.#get(path + encodeURIComponent(role), token, signal);
    return parseCredentials(text, 'the instance metadata service');
  }

  async #token(signal: AbortSignal): Promise<string> {
    if (this.#isDisabled) throw failed('AWS_EC2_METADATA_DISABLED is set');
    return this.#ask('/latest/api/token', {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_LIFE_SECONDS) },
      signal,
    });
  }

  #get(path: string, token: string, signal: AbortSignal): Promise<string> {
    return this.#ask(path, { headers: { 'x-aws-ec2-metadata-token': token }, signal });
  }

  async #ask(path: string, request: HttpRequest): Promise<string> {
    try {
      const response = await this.#http.request(this.#base + path, { ...request, timeoutMs: TIMEOUT_MS });
      const body = (await readBody(response, MAX_BODY_BYTES)).toString('utf8');
      if (response.statusCode === 200) return body;
      throw failed(`expected status 200 for ${path}, found ${response.statusCode}`);
    } catch (error) {
      if (request.signal?.aborted === true || error instanceof DiscoveryError) throw error;
      throw failed(networkReason(error), error);
    }
  }
}

function failed(detail: string, cause?: unknown): DiscoveryError {
  return new DiscoveryError('SD_REQUEST_FAILED', `instance metadata service: ${detail}`, { cause });
}
