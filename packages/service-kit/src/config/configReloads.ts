import type { Clock } from '../clock.ts';
import type { Telemetry } from '../telemetry.ts';

type Gauge = ReturnType<Telemetry['metrics']['gauge']>;

export interface ConfigReloadsOptions {
  readonly metrics: Telemetry['metrics'];
  readonly metricPrefix: string;
  readonly clock: Clock;
  /** Loads and applies the configuration. Rejects, having changed nothing, when it is refused. */
  readonly apply: () => Promise<void>;
}

/** Reloads the configuration, one reload at a time, and keeps the two metrics that say how the last one went. */
export class ConfigReloads {
  readonly #apply: () => Promise<void>;
  readonly #clock: Clock;
  readonly #successful: Gauge;
  readonly #successTime: Gauge;
  #last: Promise<void> = Promise.resolve();

  constructor({ metrics, metricPrefix, clock, apply }: ConfigReloadsOptions) {
    this.#apply = apply;
    this.#clock = clock;
    this.#successful = metrics.gauge({
      name: `${metricPrefix}_config_last_reload_successful`,
      help: 'Whether the last configuration reload attempt was successful.',
    });
    this.#successTime = metrics.gauge({
      name: `${metricPrefix}_config_last_reload_success_timestamp_seconds`,
      help: 'Timestamp of the last successful configuration reload.',
    });
  }

  /** The configuration of the start counts as the first success. */
  recordSuccess(): void {
    this.#successful.set(1);
    this.#successTime.set(this.#clock.now() / 1000);
  }

  /** Waits for the reload under way, then reloads. Rejects when the new configuration is refused. */
  reload(): Promise<void> {
    const next = this.#last.then(async () => {
      try {
        await this.#apply();
      } catch (error) {
        this.#successful.set(0);
        throw error;
      }
      this.recordSuccess();
    });
    this.#last = next.catch(() => undefined);
    return next;
  }
}
