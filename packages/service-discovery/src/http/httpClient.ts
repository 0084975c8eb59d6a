import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { systemClock, type Clock } from '../context.ts';
import { DiscoveryError } from '../errors.ts';
import type { HttpClientConfig } from '../schema/httpClientSchema.ts';
import type { AddressLookup } from './addressSpread.ts';
import { checkHttpClient } from './checkHttpClient.ts';
import { credentialHeaders } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { Dispatchers } from './dispatcher.ts';
import { OAuth2Tokens } from './oauth2.ts';
import type { Environment } from './proxy.ts';

export interface HttpClientOptions {
  /** Relative file names in the configuration are below this folder. Default: the current folder. */
  readonly baseDir?: string;
  /** The process's environment, read only with `proxy_from_environment`. Default: empty. */
  readonly environment?: Environment;
  /** Default `Binnacle`. */
  readonly userAgent?: string;
  readonly clock?: Clock;
  /** Every connection goes to this Unix socket, whatever host the URL names. */
  readonly socketPath?: string;
  /**
   * Each request goes to one of these addresses of its host, at random, and not to where the system's resolver happens
   * to lead; `systemAddresses` knows them all. The TLS server name and the Host header stay the name. Proxies resolve
   * for themselves.
   */
  readonly addressesOf?: AddressLookup;
}

export interface HttpRequest {
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** For the whole exchange, redirects and the body included. Default 30,000. */
  readonly timeoutMs?: number;
}

export interface HttpResponse {
  readonly statusCode: number;
  /** By lower-case name; repeated ones are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** Read it to the end or destroy it: `readBody` does both. */
  readonly body: Readable;
  /** Where the answer came from, after redirects. */
  readonly url: string;
}

/** An HTTP client with credentials, TLS and proxies as configured. */
export interface HttpClient {
  /**
   * Sends one request. Every status is an answer. Rejects with a TimeoutError after `timeoutMs`, with the signal's
   * reason when it aborts, with DiscoveryError for the configuration's files and tokens, and with undici's error
   * when the peer cannot be reached.
   */
  request(url: string | URL, request?: HttpRequest): Promise<HttpResponse>;
  /** Cuts every connection. */
  close(): Promise<void>;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_REDIRECTS = 10;

/** Makes a client of a section's HTTP keys. Throws DiscoveryError with HTTP_BAD_CONFIG. */
export function createHttpClient(config: HttpClientConfig, options: HttpClientOptions = {}): HttpClient {
  checkHttpClient(config);
  const { baseDir = '.', environment = {}, userAgent = 'Binnacle', clock = systemClock } = options;
  const { socketPath, addressesOf } = options;
  const dispatchers = new Dispatchers(config, { baseDir, environment, socketPath, addressesOf });
  const tokens = tokensOf(config, options, baseDir, clock);

  async function send(
    url: URL,
    request: HttpRequest,
    signal: AbortSignal,
    trusted: boolean,
  ): Promise<HttpResponse> {
    // Credentials stay with the origin that they were configured for.
    const own = trusted ? await credentialHeaders(config, baseDir, tokens, signal) : {};
    const given = trusted ? request.headers : withoutSecrets(request.headers);
    const headers = { 'user-agent': userAgent, ...own, ...lowerCaseNames(given) };
    const dispatcher = await dispatchers.for(url, signal);
    const { method = 'GET', body = null, timeoutMs = DEFAULT_TIMEOUT_MS } = request;
    const exchange = (): Promise<Dispatcher.ResponseData> =>
      dispatcher.request({
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers,
        body,
        signal,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
      });
    const answer = await exchange().catch((error: unknown) => {
      // A peer may close an idle connection just when it is used again.
      if (method !== 'GET' || !isClosedConnection(error) || signal.aborted) throw error;
      return exchange();
    });
    return {
      statusCode: answer.statusCode,
      headers: joinHeaders(answer.headers),
      body: answer.body,
      url: url.href,
    };
  }

  return {
    request: async (target, request = {}) => {
      const deadline = new Deadline(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, request.signal);
      try {
        const response = await withRedirects(target, request, deadline.signal);
        response.body.once('close', () => deadline.end());
        return response;
      } catch (error) {
        deadline.end();
        throw error;
      }
    },
    close: async () => {
      await Promise.all([dispatchers.destroy(), tokens?.close()]);
    },
  };

  async function withRedirects(
    target: string | URL,
    request: HttpRequest,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    let url = new URL(target);
    const { origin } = url;
    let current = request;
    for (let hops = 0; ; hops++) {
      const response = await send(url, current, signal, url.origin === origin);
      const location = response.headers['location'];
      const followed = config.follow_redirects ?? true;
      if (!followed || location === undefined || !REDIRECTS.has(response.statusCode)) return response;
      response.body.on('error', () => undefined).destroy();
      if (hops === MAX_REDIRECTS || !URL.canParse(location, url.href)) {
        throw new DiscoveryError(
          'HTTP_TOO_MANY_REDIRECTS',
          `expected at most ${MAX_REDIRECTS} redirects to valid URLs from ${String(target)}, the last was to "${location}"`,
        );
      }
      url = new URL(location, url);
      current = afterRedirect(current, response.statusCode);
    }
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** 307 and 308 repeat the request; the others turn it into a GET. */
function afterRedirect(request: HttpRequest, statusCode: number): HttpRequest {
  if (statusCode === 307 || statusCode === 308 || request.method === 'HEAD') return request;
  const { body: _, method: __, ...rest } = request;
  return rest;
}

function tokensOf(
  { oauth2 }: HttpClientConfig,
  options: HttpClientOptions,
  baseDir: string,
  clock: Clock,
): OAuth2Tokens | undefined {
  if (oauth2 === undefined) return undefined;
  const { tls_config, proxy_url, no_proxy, proxy_from_environment, proxy_connect_header } = oauth2;
  const reach = { tls_config, proxy_url, no_proxy, proxy_from_environment, proxy_connect_header };
  const given = Object.fromEntries(Object.entries(reach).filter(([, value]) => value !== undefined));
  // The token endpoint is another host than the one that these are about.
  const { socketPath: _, addressesOf: __, ...shared } = options;
  return new OAuth2Tokens(oauth2, createHttpClient(given, shared), baseDir, clock);
}

const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

function withoutSecrets(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !SECRET_HEADERS.has(name.toLowerCase())),
  );
}

function lowerCaseNames(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function joinHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return joined;
}

function isClosedConnection(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE';
}
