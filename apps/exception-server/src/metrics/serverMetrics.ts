import { Counter, Gauge, Histogram, type Registry as MetricRegistry } from 'prom-client';
import type { IngestPlan } from '../aggregate/plan.ts';
import type { Rejections } from '../payload/payload.ts';
import type { ScrapeResult } from '../scrape/scraper.ts';
import type { TargetHealth } from '../scrape/targetHealth.ts';
import { ExceptionSeries } from './exceptionSeries.ts';
import { PeriskopMetrics } from './periskopMetrics.ts';

export interface ServerMetricsOptions {
  readonly registry: MetricRegistry;
  readonly maxSeries: number;
  readonly periskopNames: boolean;
}

/** What the gauges read when they are scraped. */
export interface Observed {
  targets(): readonly TargetHealth[];
  exceptions(): number;
  queueLength(): number;
  followers(): number;
  /** Events that wait to be published, and those that were given up. */
  events(): { readonly waiting: number; readonly dropped: number };
}

/** The server's own metrics. */
export class ServerMetrics {
  readonly exceptions: ExceptionSeries;
  readonly #registry: MetricRegistry;
  readonly #periskop: PeriskopMetrics | undefined;
  readonly #scrapes: Counter<'service' | 'result'>;
  readonly #duration: Histogram;
  readonly #pushes: Counter<'service'>;
  readonly #rejected: Counter<'service' | 'reason'>;
  readonly #folded: Counter<'service'>;
  readonly #oddReadings: Counter<'service' | 'kind'>;
  readonly #followersCut: Counter;

  constructor({ registry, maxSeries, periskopNames }: ServerMetricsOptions) {
    this.#registry = registry;
    this.exceptions = new ExceptionSeries(registry, maxSeries);
    this.#periskop = periskopNames ? new PeriskopMetrics(registry, maxSeries) : undefined;
    const counter = <T extends string>(name: string, help: string, labelNames: readonly T[]): Counter<T> =>
      new Counter({ name: `exception_server_${name}_total`, help, labelNames, registers: [registry] });
    this.#scrapes = counter('scrapes', 'Scrapes by result: ok, or the code of the error.', [
      'service',
      'result',
    ]);
    this.#pushes = counter('pushes', 'Payloads that were pushed and counted.', ['service']);
    this.#rejected = counter('rejected', 'Parts of payloads that were left out, by reason.', [
      'service',
      'reason',
    ]);
    this.#folded = counter(
      'folded_keys',
      'Readings of keys beyond limits.exceptions_per_service, put into the overflow bucket.',
      ['service'],
    );
    this.#oddReadings = counter(
      'odd_readings',
      'Counts that went back: reset (a restart), sibling (several processes under one identity) or late (an old answer).',
      ['service', 'kind'],
    );
    this.#followersCut = counter(
      'followers_cut',
      'Followers of changes that were cut because they read too slowly.',
      [],
    );
    this.#duration = new Histogram({
      name: 'exception_server_scrape_duration_seconds',
      help: 'Time to read a target and count what is new.',
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 30],
      registers: [registry],
    });
  }

  /** Adds gauges of what there is now. */
  observe({ targets, exceptions, queueLength, followers, events }: Observed): void {
    const periskop = this.#periskop;
    const gauge = (name: string, help: string, read: () => number): void => {
      const made: Gauge = new Gauge({
        name: `exception_server_${name}`,
        help,
        registers: [this.#registry],
        collect: () => made.set(read()),
      });
    };
    gauge('exceptions', 'Exceptions that are kept.', exceptions);
    gauge('scrape_queue_length', 'Targets that are due and wait for their turn.', queueLength);
    gauge('followers', 'Clients that follow changes.', followers);
    gauge('events_waiting', 'Events that wait to be published.', () => events().waiting);
    const dropped: Counter = new Counter({
      name: 'exception_server_events_dropped_total',
      help: 'Events that were given up: refused for good, or too many while the other side was away.',
      registers: [this.#registry],
      collect: () => {
        dropped.reset();
        dropped.inc(events().dropped);
      },
    });
    const byHealth: Gauge<'service' | 'health'> = new Gauge({
      name: 'exception_server_targets',
      help: 'Targets by how their last scrape went.',
      labelNames: ['service', 'health'],
      registers: [this.#registry],
      collect: () => {
        byHealth.reset();
        const all = targets();
        for (const { source, health } of all) byHealth.inc({ service: source, health });
        periskop?.setInstances(all);
      },
    });
  }

  onPlan(plan: IngestPlan): void {
    const { delivery, changes, foldedKeys, oddities } = plan;
    for (const { after, delta } of changes) {
      if (delta > 0) this.exceptions.add(after, delivery.version, delta);
    }
    if (foldedKeys > 0) this.#folded.inc({ service: delivery.service }, foldedKeys);
    for (const [kind, count] of Object.entries(oddities)) {
      if (count > 0) this.#oddReadings.inc({ service: delivery.service, kind }, count);
    }
    this.#periskop?.onPlan(plan);
  }

  onScrape(service: string, result: ScrapeResult, durationMs: number): void {
    this.#scrapes.inc({ service, result });
    this.#duration.observe(durationMs / 1000);
  }

  onPush(service: string): void {
    this.#pushes.inc({ service });
  }

  onRejections(service: string, rejections: Rejections): void {
    for (const [reason, count] of rejections) this.#rejected.inc({ service, reason }, count);
  }

  onFollowerCut(): void {
    this.#followersCut.inc();
  }

  /** A request that Periskop would have counted as an error of its own. */
  onPeriskopError(type: 'service_not_found'): void {
    this.#periskop?.onError(type);
  }
}
