import { isIPv6, type LookupFunction } from 'node:net';
import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici';
import type { HttpClientConfig, TlsConfig } from '../schema/httpClientSchema.ts';
import { anyAddress, type AddressLookup } from './addressSpread.ts';
import { PLAIN_READS } from './plainReads.ts';
import { proxyRule, type Environment } from './proxy.ts';
import { readTextFile } from './textFile.ts';

/** Idle connections are kept a little longer than the usual minute between two scrapes. */
const IDLE_MS = 90_000;
const KEEP_ALIVE = { keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS };

export interface DispatcherOptions {
  readonly baseDir: string;
  readonly environment: Environment;
  /** A Unix socket that every connection goes to. */
  readonly socketPath: string | undefined;
  /** Direct connections go to any of these addresses, anew for each request. */
  readonly addressesOf: AddressLookup | undefined;
}

/** The connections of one client: directly or through proxies, with its TLS settings. */
export class Dispatchers {
  readonly #config: HttpClientConfig;
  readonly #options: DispatcherOptions;
  readonly #proxyOf: (url: URL) => string | undefined;
  /** By route; made on first use and made anew when a TLS file changes. */
  #open = new Map<string, Dispatcher>();
  #tls: { readonly text: string; readonly options: TlsOptions } | undefined;

  constructor(config: HttpClientConfig, options: DispatcherOptions) {
    this.#config = config;
    this.#options = options;
    this.#proxyOf = proxyRule(config, options.environment);
  }

  async for(url: URL, signal: AbortSignal): Promise<Dispatcher> {
    await this.#refreshTls();
    const proxy = this.#proxyOf(url);
    if (proxy !== undefined) return this.#opened(`proxy ${proxy}`, () => this.#makeProxied(proxy));
    const { addressesOf } = this.#options;
    if (addressesOf === undefined) return this.#opened('direct', () => this.#makeDirect({}));
    const { address, all } = await anyAddress(url.hostname, addressesOf, signal);
    this.#closeOthers(url.hostname, all);
    return this.#opened(`${url.hostname} ${address}`, () => this.#makeDirect({ lookup: always(address) }));
  }

  /** Cuts every connection. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#open.values()].map((dispatcher) => dispatcher.destroy()));
  }

  #opened(route: string, make: () => Dispatcher): Dispatcher {
    const known = this.#open.get(route);
    if (known !== undefined) return known;
    const made = make();
    this.#open.set(route, made);
    return made;
  }

  /** Lets go of addresses that the name does not have any more; what is under way ends by itself. */
  #closeOthers(hostname: string, addresses: readonly string[]): void {
    for (const [route, dispatcher] of this.#open) {
      const [host, address = ''] = route.split(' ');
      if (host !== hostname || addresses.includes(address)) continue;
      this.#open.delete(route);
      void dispatcher.close();
    }
  }

  #makeDirect(own: { readonly lookup?: LookupFunction }): Dispatcher {
    const { socketPath } = this.#options;
    const shared = { ...own, ...(socketPath === undefined ? {} : { socketPath }) };
    const tls = { ...this.#tls?.options, ...shared };
    const factory = (origin: string | URL, options: object): Dispatcher => {
      const isPlain = new URL(origin).protocol === 'http:';
      return new Pool(origin, { ...options, connect: isPlain ? { ...PLAIN_READS, ...shared } : tls });
    };
    return new Agent({ ...KEEP_ALIVE, factory });
  }

  #makeProxied(proxy: string): Dispatcher {
    return new ProxyAgent({
      ...KEEP_ALIVE,
      uri: proxy,
      // Plain HTTP is forwarded and TLS is tunnelled, which is what proxies expect.
      proxyTunnel: false,
      requestTls: this.#tls?.options ?? {},
      headers: connectHeaders(this.#config),
    });
  }

  /** Reads the TLS files again; certificates are renewed without a restart. */
  async #refreshTls(): Promise<void> {
    const tls = this.#config.tls_config;
    if (tls === undefined) return;
    const hasFiles = (tls.ca_file ?? tls.cert_file ?? tls.key_file) !== undefined;
    if (this.#tls !== undefined && !hasFiles) return;
    const options = await readTls(tls, this.#options.baseDir);
    const text = JSON.stringify(options);
    if (this.#tls?.text === text) return;
    this.#tls = { text, options };
    const old = [...this.#open.values()];
    this.#open = new Map();
    await Promise.all(old.map((dispatcher) => dispatcher.close()));
  }
}

interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
}

type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

const TLS_VERSIONS = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;

async function readTls(tls: TlsConfig, baseDir: string): Promise<TlsOptions> {
  const read = async (text: string | undefined, file: string | undefined): Promise<string | undefined> =>
    text ?? (file === undefined || file === '' ? undefined : readTextFile(baseDir, file));
  const ca = await read(tls.ca, tls.ca_file);
  const cert = await read(tls.cert, tls.cert_file);
  const key = await read(tls.key, tls.key_file);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.server_name ? { servername: tls.server_name } : {}),
    ...(tls.insecure_skip_verify === true ? { rejectUnauthorized: false } : {}),
    ...(tls.min_version === undefined ? {} : { minVersion: TLS_VERSIONS[tls.min_version] }),
    ...(tls.max_version === undefined ? {} : { maxVersion: TLS_VERSIONS[tls.max_version] }),
  };
}

/** A resolver that knows one address. */
function always(address: string): LookupFunction {
  const family = isIPv6(address) ? 6 : 4;
  return (_, { all }, callback) =>
    all === true ? callback(null, [{ address, family }]) : callback(null, address, family);
}

function connectHeaders({ proxy_connect_header: headers = {} }: HttpClientConfig): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(', ')]));
}
