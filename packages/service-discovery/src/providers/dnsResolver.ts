import { Resolver } from 'node:dns/promises';
import { readFileSync } from 'node:fs';

export type DnsRecordType = 'A' | 'AAAA' | 'SRV' | 'MX' | 'NS';

/** An address, or the host (and for SRV the port) that a record points to. */
export interface DnsRecord {
  readonly host: string;
  readonly port?: number;
}

/** Looks names up. A border: tests answer from memory. */
export interface DnsResolver {
  /** The records of a name; none when the name or the type does not exist. Rejects when that cannot be found out. */
  resolve(name: string, type: DnsRecordType, signal: AbortSignal): Promise<readonly DnsRecord[]>;
}

const TIMEOUT_MS = 5000;
const TRIES = 2;

export interface SystemResolverOptions {
  /** Where the search list is. Default `/etc/resolv.conf`. */
  readonly resolvConfPath?: string;
  /** Name servers as `address:port`. Default: those of the machine. */
  readonly servers?: readonly string[];
}

/** Asks the name servers of the machine, with its search list. */
export function systemResolver(options: SystemResolverOptions = {}): DnsResolver {
  const { resolvConfPath = '/etc/resolv.conf', servers } = options;
  return {
    resolve: async (name, type, signal) => {
      const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
      if (servers !== undefined) resolver.setServers(servers);
      const cancel = (): void => resolver.cancel();
      signal.addEventListener('abort', cancel, { once: true });
      try {
        for (const full of searchNames(name, readConfig(resolvConfPath))) {
          const records = await resolveOne(resolver, full, type);
          if (records.length > 0) return records;
        }
        return [];
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },
  };
}

async function resolveOne(resolver: Resolver, name: string, type: DnsRecordType): Promise<DnsRecord[]> {
  try {
    switch (type) {
      case 'A':
        return (await resolver.resolve4(name)).map((host) => ({ host }));
      case 'AAAA':
        return (await resolver.resolve6(name)).map((host) => ({ host }));
      case 'SRV':
        return (await resolver.resolveSrv(name)).map((record) => ({ host: record.name, port: record.port }));
      case 'MX':
        return (await resolver.resolveMx(name)).map((record) => ({ host: record.exchange }));
      case 'NS':
        return (await resolver.resolveNs(name)).map((host) => ({ host }));
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw error;
  }
}

interface ResolvConf {
  readonly search: readonly string[];
  readonly ndots: number;
}

/** The names to try for a name, in order, as the machine's resolver would (resolv.conf(5)). */
export function searchNames(name: string, { search, ndots }: ResolvConf): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const longer = search.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...longer] : [...longer, name];
}

/** The search list and `ndots` of a resolv.conf; the last of several lines counts. */
export function parseResolvConf(text: string): ResolvConf {
  let search: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [key, ...values] = line.trim().split(/\s+/);
    if (key === 'search' || key === 'domain') {
      search = values.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '');
    }
    if (key === 'options') {
      const given = values
        .map((value) => /^ndots:(\d+)$/.exec(value)?.[1])
        .find((value) => value !== undefined);
      if (given !== undefined) ndots = Math.min(15, Number(given));
    }
  }
  return { search, ndots };
}

function readConfig(path: string): ResolvConf {
  try {
    return parseResolvConf(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return { search: [], ndots: 1 };
  }
}
