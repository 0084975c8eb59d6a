import {
  createHttpClient,
  createTargetPool,
  type DroppedTarget,
  type HttpClient,
  type TargetPool,
  type TargetPoolOptions,
} from '@binnacle/service-discovery';
import type { ScrapeConfig } from '../config/serverConfig.ts';
import { TargetLoop, type LoopContext } from './targetLoop.ts';

export interface PoolContext extends LoopContext {
  readonly baseDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onTargetGone: (key: string) => void;
}

const DEFAULT_KEPT_DROPPED = 1000;

/** Everything that one scrape section finds. */
export class ScrapePool {
  config: ScrapeConfig;
  readonly #context: PoolContext;
  #client: HttpClient;
  readonly #pool: TargetPool;
  readonly #loops = new Map<string, TargetLoop>();

  /** Throws DiscoveryError when the section is not valid; nothing runs before `start`. */
  constructor(config: ScrapeConfig, context: PoolContext) {
    this.config = config;
    this.#context = context;
    this.#client = this.#createClient(config);
    this.#pool = createTargetPool({ ...this.#poolOptions(config), onUpdate: () => this.#sync() });
  }

  get name(): string {
    return this.config.jobName;
  }

  /** Rejects never: what fails is shown by the targets. */
  start(): Promise<void> {
    return this.#pool.start();
  }

  /** Takes a configuration that a pool made of it has shown to be valid. */
  async reload(config: ScrapeConfig): Promise<void> {
    const old = this.#client;
    this.config = config;
    this.#client = this.#createClient(config);
    await this.#pool.reload(this.#poolOptions(config));
    this.#sync();
    await old.close();
  }

  async stop(stale: boolean): Promise<void> {
    await this.#pool.stop();
    await Promise.all([...this.#loops.values()].map((loop) => loop.stop(stale)));
    await this.#client.close();
  }

  loops(): readonly TargetLoop[] {
    return [...this.#loops.values()];
  }

  dropped(): readonly DroppedTarget[] {
    return this.#pool.dropped();
  }

  droppedTotal(): number {
    return this.#pool.droppedTotal();
  }

  #sync(): void {
    const active = new Map(this.#pool.active().map((target) => [target.key, target]));
    for (const [key, loop] of this.#loops) {
      if (active.has(key)) continue;
      this.#loops.delete(key);
      void loop.stop(true).then(() => this.#context.onTargetGone(key));
    }
    for (const [key, target] of active) {
      const known = this.#loops.get(key);
      if (known !== undefined) {
        known.configure(target, this.config, this.#client);
        continue;
      }
      const loop = new TargetLoop(this.#context, target, this.config, this.#client);
      this.#loops.set(key, loop);
      loop.start();
    }
    const { targetLimit } = this.config;
    const isOver = targetLimit > 0 && active.size > targetLimit;
    for (const loop of this.#loops.values()) {
      loop.refuse(
        isOver
          ? `target_limit exceeded (number of targets: ${active.size}, limit: ${targetLimit})`
          : undefined,
      );
    }
  }

  #createClient(config: ScrapeConfig): HttpClient {
    return clientOf(config, this.#context);
  }

  #poolOptions(config: ScrapeConfig): TargetPoolOptions {
    return { ...poolOptionsOf(config, this.#context), log: this.#context.log };
  }
}

type Surroundings = Pick<PoolContext, 'baseDir' | 'environment' | 'clock'>;

/** Throws DiscoveryError for what is not valid in a section's discovery, relabeling and HTTP keys. */
export function checkScrapeConfig(config: ScrapeConfig, surroundings: Surroundings): void {
  createTargetPool(poolOptionsOf(config, surroundings));
  clientOf(config, surroundings);
}

function clientOf(config: ScrapeConfig, { baseDir, environment, clock }: Surroundings): HttpClient {
  return createHttpClient(config.http, {
    baseDir,
    environment,
    clock,
    userAgent: 'Binnacle metrics-server',
  });
}

function poolOptionsOf(
  config: ScrapeConfig,
  { baseDir, environment, clock }: Surroundings,
): TargetPoolOptions {
  return {
    name: config.jobName,
    config: config.discovery,
    defaults: {
      scheme: config.scheme,
      metricsPath: config.metricsPath,
      params: config.params,
      scrapeIntervalMs: config.intervalMs,
      scrapeTimeoutMs: config.timeoutMs,
    },
    limits: { keepDropped: config.keepDroppedTargets || DEFAULT_KEPT_DROPPED },
    nameValidation: config.nameValidation,
    baseDir,
    environment,
    clock,
  };
}
