import { DiscoveryError } from '../errors.ts';
import type { HttpClientConfig, TlsConfig } from '../schema/httpClientSchema.ts';

const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'user-agent',
  'www-authenticate',
  'x-prometheus-refresh-interval-seconds',
  'x-prometheus-remote-read-version',
  'x-prometheus-remote-write-version',
  'x-prometheus-scrape-timeout-seconds',
]);

/** Refuses keys that exclude each other. Throws DiscoveryError with HTTP_BAD_CONFIG. */
export function checkHttpClient(config: HttpClientConfig): void {
  atMostOne(config, ['bearer_token', 'bearer_token_file', 'basic_auth', 'authorization', 'oauth2']);
  const { basic_auth, authorization, oauth2, tls_config, http_headers = {} } = config;
  if (basic_auth !== undefined) {
    atMostOne(basic_auth, ['username', 'username_file'], 'basic_auth.');
    atMostOne(basic_auth, ['password', 'password_file'], 'basic_auth.');
  }
  if (authorization !== undefined) {
    atMostOne(authorization, ['credentials', 'credentials_file'], 'authorization.');
    if (authorization.type?.trim().toLowerCase() === 'basic') {
      fail('authorization.type cannot be "basic"; use basic_auth');
    }
  }
  if (oauth2 !== undefined) {
    atMostOne(oauth2, ['client_secret', 'client_secret_file'], 'oauth2.');
    if (!URL.canParse(oauth2.token_url))
      fail(`expected a URL in oauth2.token_url, found "${oauth2.token_url}"`);
    checkTls(oauth2.tls_config, 'oauth2.tls_config.');
    checkProxy(oauth2);
  }
  checkTls(tls_config, 'tls_config.');
  checkProxy(config);
  for (const name of Object.keys(http_headers)) {
    if (RESERVED_HEADERS.has(name.toLowerCase())) fail(`http_headers cannot set "${name}"; it is reserved`);
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) fail(`expected header names in http_headers, found "${name}"`);
  }
}

function checkTls(tls: TlsConfig | undefined, prefix: string): void {
  if (tls === undefined) return;
  for (const key of ['ca', 'cert', 'key'] as const) atMostOne(tls, [key, `${key}_file`], prefix);
  const hasCert = tls.cert !== undefined || tls.cert_file !== undefined;
  const hasKey = tls.key !== undefined || tls.key_file !== undefined;
  if (hasCert !== hasKey) fail(`${prefix}cert and ${prefix}key go together; found only one of them`);
}

function checkProxy(
  config: Pick<
    HttpClientConfig,
    'proxy_url' | 'no_proxy' | 'proxy_from_environment' | 'proxy_connect_header'
  >,
): void {
  const { proxy_url: proxyUrl, proxy_from_environment: fromEnvironment = false } = config;
  if (proxyUrl !== undefined && proxyUrl !== '' && !/^https?:$/.test(URL.parse(proxyUrl)?.protocol ?? '')) {
    fail('expected an http or https URL in proxy_url; SOCKS proxies are not supported');
  }
  if (fromEnvironment && (config.proxy_url ?? config.no_proxy) !== undefined) {
    fail('proxy_from_environment excludes proxy_url and no_proxy');
  }
  if (config.no_proxy !== undefined && config.proxy_url === undefined) fail('no_proxy needs proxy_url');
  if (config.proxy_connect_header !== undefined && !fromEnvironment && config.proxy_url === undefined) {
    fail('proxy_connect_header needs proxy_url or proxy_from_environment');
  }
}

function atMostOne<C extends object>(config: C, keys: readonly string[], prefix = ''): void {
  const found = keys.filter((key) => config[key as keyof C] !== undefined && config[key as keyof C] !== '');
  if (found.length <= 1) return;
  fail(`expected at most one of ${found.map((key) => prefix + key).join(', ')}; remove all but one`);
}

function fail(message: string): never {
  throw new DiscoveryError('HTTP_BAD_CONFIG', message);
}
