import { DiscoveryError } from '../../errors.ts';
import { createHttpClient, type HttpClient } from '../../http/httpClient.ts';
import { readBody } from '../../http/readBody.ts';
import type { DockerSdConfig } from '../../schema/discoverySchema.ts';
import type { ProviderContext } from '../provider.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Where a Docker daemon listens. */
export interface DockerHost {
  /** Without a slash at its end. */
  readonly base: string;
  readonly socketPath: string | undefined;
}

/**
 * Reads `host` as Docker does: `unix:///path`, `http://`, `https://`, and `tcp://`, which is plain HTTP. Throws
 * DiscoveryError with SD_BAD_CONFIG.
 */
export function parseDockerHost(host: string): DockerHost {
  const socketPath = /^unix:\/\/(.+)$/.exec(host)?.[1];
  if (socketPath !== undefined) return { base: 'http://docker', socketPath };
  const url = URL.parse(host.replace(/^tcp:/, 'http:'));
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new DiscoveryError(
      'SD_BAD_CONFIG',
      `docker_sd_configs: expected a host that begins with unix://, tcp://, http:// or https://, found "${host}"`,
    );
  }
  return { base: url.href.replace(/\/$/, ''), socketPath: undefined };
}

/**
 * Asks a Docker daemon by its HTTP API, in the version that the daemon speaks. The HTTP client's keys are for daemons
 * on the network: on a Unix socket there are neither credentials nor proxies.
 */
export class DockerClient {
  readonly #http: HttpClient;
  readonly #base: string;
  readonly #timeoutMs: number;

  constructor(config: DockerSdConfig, timeoutMs: number, { baseDir, environment, clock }: ProviderContext) {
    const { base, socketPath } = parseDockerHost(config.host);
    this.#base = base;
    this.#timeoutMs = timeoutMs;
    this.#http =
      socketPath === undefined
        ? createHttpClient(config, { baseDir, environment, clock })
        : createHttpClient({}, { clock, socketPath });
  }

  /** The JSON of an answer. Throws DiscoveryError with SD_BAD_RESPONSE. */
  async get(path: string, signal: AbortSignal): Promise<unknown> {
    const response = await this.#http.request(this.#base + path, { signal, timeoutMs: this.#timeoutMs });
    const body = (await readBody(response, MAX_BODY_BYTES)).toString('utf8');
    const bad = (expected: string, found: string): DiscoveryError =>
      new DiscoveryError('SD_BAD_RESPONSE', `expected ${expected} from Docker for ${path}, found ${found}`);
    if (response.statusCode !== 200) {
      throw bad('status 200', `${response.statusCode}: ${body.trim().slice(0, 200)}`);
    }
    try {
      return JSON.parse(body);
    } catch (error) {
      throw bad('JSON', (error as Error).message);
    }
  }

  close(): Promise<void> {
    return this.#http.close();
  }
}
