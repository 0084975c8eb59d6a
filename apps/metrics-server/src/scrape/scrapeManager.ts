import type { ScrapeConfig } from '../config/serverConfig.ts';
import { checkScrapeConfig, ScrapePool, type PoolContext } from './scrapePool.ts';

/** Every scrape pool of the configuration. */
export class ScrapeManager {
  readonly #context: PoolContext;
  readonly #pools = new Map<string, ScrapePool>();

  constructor(context: PoolContext) {
    this.#context = context;
  }

  /** Looks at every section. Throws what is not valid, having changed nothing. */
  check(configs: readonly ScrapeConfig[]): void {
    for (const config of configs) checkScrapeConfig(config, this.#context);
  }

  /** Starts what is new, stops what is gone, and gives the rest its new configuration. */
  async apply(configs: readonly ScrapeConfig[]): Promise<void> {
    this.check(configs);
    const wanted = new Set(configs.map(({ jobName }) => jobName));
    const work: Promise<void>[] = [];
    for (const [name, pool] of this.#pools) {
      if (wanted.has(name)) continue;
      this.#pools.delete(name);
      work.push(pool.stop(true));
    }
    for (const config of configs) {
      const known = this.#pools.get(config.jobName);
      if (known === undefined) {
        const pool = new ScrapePool(config, this.#context);
        this.#pools.set(config.jobName, pool);
        work.push(pool.start());
      } else if (known.config.fingerprint !== config.fingerprint) work.push(known.reload(config));
    }
    await Promise.all(work);
  }

  /** Ends every scrape. Series get no stale markers: after a restart they go on. */
  async stop(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.stop(false)));
  }

  /** Pools by name. */
  pools(): readonly ScrapePool[] {
    return [...this.#pools.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}
