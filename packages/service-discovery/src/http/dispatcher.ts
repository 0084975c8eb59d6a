import { Agent, Pool, ProxyAgent, type Dispatcher } from 'undici';
import type { HttpClientConfig, TlsConfig } from '../schema/httpClientSchema.ts';
import { PLAIN_READS } from './plainReads.ts';
import { proxyRule, type Environment } from './proxy.ts';
import { readTextFile } from './textFile.ts';

/** Idle connections are kept a little longer than the usual minute between two scrapes. */
const IDLE_MS = 90_000;

/** The connections of one client: directly or through proxies, with its TLS settings. */
export class Dispatchers {
  readonly #config: HttpClientConfig;
  readonly #baseDir: string;
  readonly #proxyOf: (url: URL) => string | undefined;
  /** By proxy, '' for none; made on first use and made anew when a TLS file changes. */
  #open = new Map<string, Dispatcher>();
  #tls: { readonly text: string; readonly options: TlsOptions } | undefined;

  constructor(config: HttpClientConfig, baseDir: string, environment: Environment) {
    this.#config = config;
    this.#baseDir = baseDir;
    this.#proxyOf = proxyRule(config, environment);
  }

  async for(url: URL): Promise<Dispatcher> {
    await this.#refreshTls();
    const proxy = this.#proxyOf(url) ?? '';
    let dispatcher = this.#open.get(proxy);
    if (dispatcher === undefined) {
      dispatcher = this.#make(proxy);
      this.#open.set(proxy, dispatcher);
    }
    return dispatcher;
  }

  /** Cuts every connection. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#open.values()].map((dispatcher) => dispatcher.destroy()));
  }

  #make(proxy: string): Dispatcher {
    const connect = this.#tls?.options ?? {};
    const keepAlive = { keepAliveTimeout: IDLE_MS, keepAliveMaxTimeout: IDLE_MS };
    if (proxy === '') {
      const factory = (origin: string | URL, options: object): Dispatcher => {
        const isPlain = new URL(origin).protocol === 'http:';
        return new Pool(origin, { ...options, connect: isPlain ? PLAIN_READS : connect });
      };
      return new Agent({ ...keepAlive, factory });
    }
    return new ProxyAgent({
      ...keepAlive,
      uri: proxy,
      // Plain HTTP is forwarded and TLS is tunnelled, which is what proxies expect.
      proxyTunnel: false,
      requestTls: connect,
      headers: connectHeaders(this.#config),
    });
  }

  /** Reads the TLS files again; certificates are renewed without a restart. */
  async #refreshTls(): Promise<void> {
    const tls = this.#config.tls_config;
    if (tls === undefined) return;
    const hasFiles = (tls.ca_file ?? tls.cert_file ?? tls.key_file) !== undefined;
    if (this.#tls !== undefined && !hasFiles) return;
    const options = await readTls(tls, this.#baseDir);
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

function connectHeaders({ proxy_connect_header: headers = {} }: HttpClientConfig): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, values.join(', ')]));
}
