/** Where a server listens. An empty host is every interface. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`, `[::1]:port` or `:port`. Throws an Error that says what was expected and found. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^:[\]\s/]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port <= 65_535) return { host: match[1] ?? match[2] ?? '', port };
  const hint = /^\d+$/.test(text) ? `; write :${text} for every interface or 127.0.0.1:${text}` : '';
  throw new Error(`expected host:port, [ipv6]:port or :port; found ${JSON.stringify(text)}${hint}`);
}

/** The host as it stands in a URL: brackets around IPv6, and loopback for every interface. */
export function urlHost(host: string): string {
  if (host === '' || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
