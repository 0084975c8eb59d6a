import {
  createHttpClient,
  createTargetPool,
  type DroppedTarget,
  type HttpClient,
  type Log,
  type TargetPool,
  type TargetPoolOptions,
} from '@binnacle/service-discovery';
import type { Clock } from '@binnacle/service-kit';
import type { Ingestor } from '../aggregate/ingestor.ts';
import type { ServerConfig, SourceConfig } from '../config/serverConfig.ts';
import { ExceptionServerError } from '../errors.ts';
import type { PayloadLimits, Rejections } from '../payload/payload.ts';
import { FederationScraper } from './federationScraper.ts';
import { Scheduler } from './scheduler.ts';
import { TargetScraper } from './scrapeTarget.ts';
import { unknownHealth, type Coverage, type TargetHealth } from './targetHealth.ts';

export interface ScraperOptions {
  readonly ingestor: Ingestor;
  readonly clock: Clock;
  readonly log: Log;
  readonly serverUuid: string;
  /** Relative paths in discovery and credentials are below the configuration file. */
  readonly baseDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  onScrape(source: string, result: ScrapeResult, durationMs: number): void;
  onRejections(service: string, rejections: Rejections): void;
  /** A target began to answer, or stopped. */
  onHealth(health: TargetHealth, atMs: number): void;
}

/** `ok`, or the code of what went wrong. */
export type ScrapeResult = string;

interface Source {
  config: SourceConfig;
  client: HttpClient;
  readonly pool: TargetPool;
  readonly targets: Map<string, ScrapedTarget>;
}

interface ScrapedTarget {
  readonly health: TargetHealth;
  readonly scraper: TargetScraper | FederationScraper;
}

/** Discovers targets and scrapes them. Knows how each of them is. */
export class Scraper {
  readonly #options: ScraperOptions;
  readonly #scheduler: Scheduler;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #sources = new Map<string, Source>();
  #payloadLimits: PayloadLimits;

  constructor(options: ScraperOptions, config: ServerConfig) {
    this.#options = options;
    this.#payloadLimits = config.payloadLimits;
    this.#scheduler = new Scheduler(options.clock, schedulerLimits(config), options.serverUuid);
  }

  /**
   * Takes a configuration, the first or a later one. Targets that stay keep their place and what is known of
   * them. Throws, changing nothing, when a part of it is not valid.
   */
  async apply(config: ServerConfig): Promise<void> {
    const clients = new Map(config.sources.map((source) => [keyOf(source), this.#check(source)]));
    this.#payloadLimits = config.payloadLimits;
    this.#scheduler.limits = schedulerLimits(config);
    const gone = [...this.#sources].filter(([key]) => !clients.has(key));
    for (const [key] of gone) this.#sources.delete(key);
    await Promise.all([
      ...gone.map(([key, source]) => this.#end(key, source)),
      ...config.sources.map((source) => this.#begin(source, clients.get(keyOf(source))!)),
    ]);
  }

  async stop(): Promise<void> {
    this.#scheduler.stop();
    this.#stop.abort(new Error('the server is stopping'));
    await Promise.all([...this.#sources].map(([key, source]) => this.#end(key, source)));
    await Promise.all(this.#running);
  }

  /** Configured services, in the order of the file. */
  services(): string[] {
    return this.#ofServices().map(({ config }) => config.name);
  }

  coverage(service: string): Coverage {
    let answered = 0;
    const targets = this.#sources.get(`service ${service}`)?.targets;
    for (const { health } of targets?.values() ?? []) if (health.health === 'up') answered++;
    return { answered, total: targets?.size ?? 0 };
  }

  /** Every scraped target of the services, and of the servers that are federated from. */
  targets(): TargetHealth[] {
    return [...this.#sources.values()].flatMap(({ targets }) =>
      [...targets.values()].map(({ health }) => health),
    );
  }

  targetsOf(service: string): TargetHealth[] {
    return [...(this.#sources.get(`service ${service}`)?.targets.values() ?? [])].map(({ health }) => health);
  }

  /** The first of the dropped targets of each service. */
  dropped(): { service: string; dropped: DroppedTarget }[] {
    return this.#ofServices().flatMap(({ config, pool }) =>
      pool.dropped().map((dropped) => ({ service: config.name, dropped })),
    );
  }

  droppedTotal(): number {
    return this.#ofServices().reduce((sum, { pool }) => sum + pool.droppedTotal(), 0);
  }

  get queueLength(): number {
    return this.#scheduler.queued;
  }

  #ofServices(): Source[] {
    return [...this.#sources.values()].filter(({ config }) => config.kind === 'service');
  }

  /** Makes everything of a source once, so that what is not valid is refused before anything changes. */
  #check(config: SourceConfig): HttpClient {
    createTargetPool(this.#poolOptions(config, () => undefined));
    const { baseDir, environment, clock } = this.#options;
    return createHttpClient(config.http, {
      baseDir,
      environment,
      clock,
      userAgent: 'Binnacle exception-server',
    });
  }

  #poolOptions(config: SourceConfig, onUpdate: () => void): TargetPoolOptions {
    const { baseDir, environment, clock, log } = this.#options;
    return {
      name: config.name,
      config: config.discovery,
      defaults: { scheme: config.scheme, metricsPath: config.path, params: config.params },
      baseDir,
      environment,
      clock,
      log,
      onUpdate,
    };
  }

  async #begin(config: SourceConfig, client: HttpClient): Promise<void> {
    const key = keyOf(config);
    const known = this.#sources.get(key);
    if (known === undefined) {
      const pool = createTargetPool(this.#poolOptions(config, () => this.#update(key)));
      this.#sources.set(key, { config, client, pool, targets: new Map() });
      return pool.start();
    }
    this.#closeWhenUnused(known.client);
    known.config = config;
    known.client = client;
    await known.pool.reload(this.#poolOptions(config, () => undefined));
    this.#update(key);
  }

  async #end(key: string, source: Source): Promise<void> {
    await source.pool.stop();
    for (const url of source.targets.keys()) this.#scheduler.remove(`${key} ${url}`);
    this.#closeWhenUnused(source.client);
  }

  /** Scrapes that are under way end with the client they began with. */
  #closeWhenUnused(client: HttpClient): void {
    void this.#track(Promise.all(this.#running).then(() => client.close()));
  }

  /** One job per URL: what discovery finds twice is scraped once. */
  #update(key: string): void {
    const source = this.#sources.get(key);
    if (source === undefined) return;
    const active = new Map(source.pool.active().map((target) => [target.url, target]));
    for (const url of source.targets.keys()) {
      if (active.has(url)) continue;
      source.targets.delete(url);
      this.#scheduler.remove(`${key} ${url}`);
    }
    const { config } = source;
    for (const [url, target] of active) {
      let entry = source.targets.get(url);
      if (entry === undefined) {
        const scraper = config.kind === 'service' ? new TargetScraper() : new FederationScraper();
        source.targets.set(url, (entry = { health: unknownHealth(config.name, target), scraper }));
      }
      entry.health.target = target;
      this.#scheduler.add({
        key: `${key} ${url}`,
        group: key,
        intervalMs: config.intervalMs,
        run: () => this.#track(this.#scrape(source, entry)),
      });
    }
  }

  async #scrape(source: Source, { health, scraper }: ScrapedTarget): Promise<void> {
    const { clock, log } = this.#options;
    const startedMs = clock.now();
    let result: ScrapeResult = 'ok';
    const before = health.health;
    try {
      await scraper.scrape(source.config, health, {
        ingestor: this.#options.ingestor,
        client: source.client,
        payloadLimits: this.#payloadLimits,
        now: () => clock.now(),
        signal: this.#stop.signal,
        onRejections: (service, rejections) => this.#options.onRejections(service, rejections),
      });
      health.health = 'up';
      health.lastError = null;
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      result = error instanceof ExceptionServerError ? error.code : 'EXCEPTIONS_INTERNAL';
      const message = (error as Error).message;
      if (health.lastError !== message)
        log.warn({ service: source.config.name, url: health.target.url, code: result }, message);
      health.health = 'down';
      health.lastError = message;
    }
    health.lastScrapeMs = startedMs;
    health.lastScrapeDurationMs = clock.now() - startedMs;
    // A first answer is no news; a first failure is.
    const isNews = before === 'unknown' ? health.health === 'down' : before !== health.health;
    if (isNews) this.#options.onHealth(health, startedMs);
    this.#options.onScrape(source.config.name, result, health.lastScrapeDurationMs);
  }

  async #track(work: Promise<void>): Promise<void> {
    this.#running.add(work);
    await work.finally(() => this.#running.delete(work));
  }
}

function keyOf({ kind, name }: SourceConfig): string {
  return `${kind} ${name}`;
}

function schedulerLimits(config: ServerConfig) {
  return { concurrent: config.concurrentScrapes, concurrentPerGroup: config.concurrentScrapesPerService };
}
