import { checkHttpClient } from '../../http/checkHttpClient.ts';
import type { ConsulSdConfig } from '../../schema/discoverySchema.ts';
import { refreshIntervalMs } from '../interval.ts';
import type { Provider, ProviderContext } from '../provider.ts';
import { RefreshLoop } from '../refreshLoop.ts';
import { ConsulClient, consulHttpConfig } from './consulClient.ts';
import { parseCatalog, parseService } from './consulTargets.ts';

/** Most services that are watched, each with a query that the agent holds. */
const MAX_SERVICES = 10_000;

/**
 * Follows the services of a Consul catalog with blocking queries: one for the list of services, one for the
 * instances and the health of each. `refresh_interval` is the least time between two queries.
 */
export function planConsul(config: ConsulSdConfig): (context: ProviderContext) => Provider {
  const intervalMs = refreshIntervalMs(config.refresh_interval, '30s');
  checkHttpClient(consulHttpConfig(config));
  return (context) => new ConsulProvider(config, intervalMs, context);
}

class ConsulProvider implements Provider {
  readonly #config: ConsulSdConfig;
  readonly #intervalMs: number;
  readonly #context: ProviderContext;
  readonly #client: ConsulClient;
  readonly #services = new Map<string, RefreshLoop>();
  #catalog: RefreshLoop | undefined;

  constructor(config: ConsulSdConfig, intervalMs: number, context: ProviderContext) {
    this.#config = config;
    this.#intervalMs = intervalMs;
    this.#context = context;
    this.#client = new ConsulClient(config, context);
  }

  start(): Promise<void> {
    const { services = [], tags = [] } = this.#config;
    if (services.length > 0 && tags.length === 0) {
      for (const name of new Set(services)) this.#watchService(name);
    } else {
      this.#catalog = this.#watch('/v1/catalog/services', this.#catalogParams(), (answer) =>
        this.#takeCatalog(answer),
      );
    }
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    const loops = [...this.#services.values(), ...(this.#catalog === undefined ? [] : [this.#catalog])];
    await Promise.all(loops.map((loop) => loop.stop()));
    await this.#client.close();
  }

  #takeCatalog(answer: unknown): void {
    const { services = [], tags = [] } = this.#config;
    const wanted = Object.entries(parseCatalog(answer))
      .filter(([name]) => services.length === 0 || services.includes(name))
      .filter(([, its]) => tags.every((tag) => its.includes(tag)))
      .map(([name]) => name);
    if (wanted.length > MAX_SERVICES) {
      const fields = { services: wanted.length, limit: MAX_SERVICES };
      this.#context.log.warn(
        fields,
        'Consul has more services than are watched; set services, tags or filter',
      );
      wanted.length = MAX_SERVICES;
    }
    const kept = new Set(wanted);
    for (const [name, loop] of this.#services) {
      if (kept.has(name)) continue;
      void loop.stop();
      this.#services.delete(name);
      this.#context.sink.delete(name);
    }
    for (const name of kept) if (!this.#services.has(name)) this.#watchService(name);
  }

  #watchService(name: string): void {
    const {
      tags = [],
      health_filter: filter,
      tag_separator: separator = ',',
      datacenter = '',
    } = this.#config;
    const params = tags.map((tag): [string, string] => ['tag', tag]);
    const loop = this.#watch(
      `/v1/health/service/${encodeURIComponent(name)}`,
      filter === undefined ? params : [...params, ['filter', filter]],
      (answer) => this.#context.sink.set(name, parseService(name, answer, { separator, datacenter })),
    );
    this.#services.set(name, loop);
  }

  #catalogParams(): [string, string][] {
    return this.#config.filter === undefined ? [] : [['filter', this.#config.filter]];
  }

  /** Queries again and again; `take` gets the answers that have news. */
  #watch(path: string, params: readonly [string, string][], take: (answer: unknown) => void): RefreshLoop {
    let index = 0;
    const { clock, sink } = this.#context;
    const loop = new RefreshLoop({
      clock,
      intervalMs: this.#intervalMs,
      fromStart: true,
      fail: (error) => {
        index = 0;
        sink.fail(error);
      },
      refresh: async (signal) => {
        const answer = await this.#client.query(path, params, index, signal);
        const isNews = answer.index === 0 || answer.index !== index;
        if (signal.aborted) return;
        if (isNews) take(answer.value);
        else sink.succeed();
        index = answer.index;
      },
    });
    void loop.start();
    return loop;
  }
}
