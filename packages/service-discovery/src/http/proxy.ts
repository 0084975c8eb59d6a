import { BlockList, isIP } from 'node:net';
import type { HttpClientConfig } from '../schema/httpClientSchema.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
type ProxyConfig = Pick<HttpClientConfig, 'proxy_url' | 'no_proxy' | 'proxy_from_environment'>;

/** Says which proxy a URL goes through; undefined means none. */
export function proxyRule(config: ProxyConfig, environment: Environment): (url: URL) => string | undefined {
  if (config.proxy_from_environment === true) {
    const read = (name: string): string => environment[name] || environment[name.toLowerCase()] || '';
    const [http, https, excluded] = [read('HTTP_PROXY'), read('HTTPS_PROXY'), exclusion(read('NO_PROXY'))];
    return (url) => {
      const proxy = url.protocol === 'https:' ? https : http;
      return proxy === '' || excluded(url) ? undefined : proxy;
    };
  }
  const proxy = config.proxy_url;
  if (proxy === undefined || proxy === '') return () => undefined;
  // Without no_proxy even loopback addresses go through the proxy, as in Prometheus.
  const excluded = config.no_proxy === undefined ? () => false : exclusion(config.no_proxy);
  return (url) => (excluded(url) ? undefined : proxy);
}

/**
 * Reads `no_proxy` as Go does: `*`, addresses, CIDR ranges, and domains, each with an optional port. `example.org`
 * covers its subdomains too, `.example.org` only those. Loopback addresses are always excluded.
 */
function exclusion(list: string): (url: URL) => boolean {
  const rules = list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '')
    .map(readRule);
  return (url) => {
    const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
    const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
    return host === 'localhost' || isLoopback(host) || rules.some((rule) => rule(host, port));
  };
}

type Rule = (host: string, port: string) => boolean;

function readRule(entry: string): Rule {
  if (entry === '*') return () => true;
  const range = /^(.+)\/(\d+)$/.exec(entry);
  if (range !== null) return inRange(range[1]!, Number(range[2]));
  const [, name, wantedPort] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry)!;
  const samePort = (port: string): boolean => wantedPort === undefined || wantedPort === port;
  if (isIP(name!) !== 0) return (host, port) => host === name && samePort(port);
  const domain = name!.replace(/^\*?\./, '');
  const itself = domain === name;
  return (host, port) => samePort(port) && ((itself && host === domain) || host.endsWith(`.${domain}`));
}

function inRange(network: string, prefix: number): Rule {
  const version = isIP(network);
  if (version === 0 || prefix > (version === 6 ? 128 : 32)) return () => false;
  const list = new BlockList();
  list.addSubnet(network, prefix, version === 6 ? 'ipv6' : 'ipv4');
  return (host) => isIP(host) === version && list.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

function isLoopback(host: string): boolean {
  return host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
