import type { ServiceContext } from '@binnacle/service-kit';
import { SAMPLE_STATUS } from '@binnacle/tsdb';
import type { Queries } from './query/queries.ts';
import type { RuleManager } from './rules/ruleManager.ts';
import type { SendResult } from './remote/writeSender.ts';
import type { ScrapeManager } from './scrape/scrapeManager.ts';
import type { Storage } from './storage.ts';

type Metrics = ServiceContext<object, unknown>['metrics'];

/** This server's own metrics, under the names that Prometheus's dashboards and alerts know. */
export class ServerMetrics {
  readonly #metrics: Metrics;
  readonly #scrapes;
  readonly #scrapeSeconds;
  readonly #refused;
  readonly #queries;
  readonly #evaluations;
  readonly #evaluationFailures;
  readonly #missed;
  readonly #appended;
  readonly #sent;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#scrapes = metrics.counter({
      name: 'prometheus_target_scrapes_total',
      help: 'Scrapes, by job and result.',
      labelNames: ['scrape_job', 'result'],
    });
    this.#scrapeSeconds = metrics.histogram({
      name: 'prometheus_target_scrape_duration_seconds',
      help: 'Time that a scrape took.',
    });
    this.#refused = metrics.counter({
      name: 'prometheus_tsdb_samples_refused_total',
      help: 'Samples that the store did not take, by reason.',
      labelNames: ['reason'],
    });
    this.#queries = metrics.histogram({
      name: 'prometheus_engine_query_duration_seconds',
      help: 'Time that a query took to evaluate.',
    });
    this.#evaluations = metrics.counter({
      name: 'prometheus_rule_evaluations_total',
      help: 'Evaluations of rules, by group.',
      labelNames: ['rule_group'],
    });
    this.#evaluationFailures = metrics.counter({
      name: 'prometheus_rule_evaluation_failures_total',
      help: 'Evaluations of rules that failed, by group.',
      labelNames: ['rule_group'],
    });
    this.#missed = metrics.counter({
      name: 'prometheus_rule_group_iterations_missed_total',
      help: 'Evaluations of groups that were left out because the one before took too long.',
      labelNames: ['rule_group'],
    });
    this.#appended = metrics.counter({
      name: 'prometheus_remote_write_received_samples_total',
      help: 'Samples taken by remote write.',
    });
    this.#sent = metrics.counter({
      name: 'prometheus_remote_storage_sent_total',
      help: 'Samples sent by remote write, refused by the receiver or dropped here, and requests tried again.',
      labelNames: ['remote_name', 'result'],
    });
    for (const reason of Object.values(REASONS)) this.#refused.inc({ reason }, 0);
  }

  onScrape(job: string, failure: string | undefined, seconds: number): void {
    this.#scrapes.inc({ scrape_job: job, result: failure === undefined ? 'ok' : 'failed' });
    this.#scrapeSeconds.observe(seconds);
  }

  onStatuses(statuses: Uint8Array): void {
    for (const status of statuses) {
      const reason = REASONS[status];
      if (reason !== undefined) this.#refused.inc({ reason });
    }
  }

  /** Samples were refused for being too far ahead of the clock. */
  onAhead(samples: number): void {
    this.#refused.inc({ reason: 'out_of_bounds' }, samples);
  }

  onQuery(seconds: number): void {
    this.#queries.observe(seconds);
  }

  onEvaluation(group: string, failed: boolean): void {
    this.#evaluations.inc({ rule_group: group });
    this.#evaluationFailures.inc({ rule_group: group }, failed ? 1 : 0);
  }

  onMissed(group: string, count: number): void {
    this.#missed.inc({ rule_group: group }, count);
  }

  onReceived(samples: number): void {
    this.#appended.inc(samples);
  }

  onSent(name: string, result: SendResult, count: number): void {
    this.#sent.inc({ remote_name: name, result }, count);
  }

  /** Gauges that are read when somebody asks. */
  observe(parts: {
    readonly storage: Storage;
    readonly queries: Queries;
    readonly scrapes: ScrapeManager;
    readonly rules: RuleManager;
    readonly events: () => { readonly waiting: number; readonly dropped: number };
  }): void {
    const { storage, queries, scrapes, events } = parts;
    const gauge = (name: string, help: string, read: () => number): void => {
      this.#metrics.gauge({
        name,
        help,
        collect() {
          this.set(read());
        },
      });
    };
    gauge('prometheus_tsdb_head_series', 'Series in the head.', () => storage.stats().headSeries);
    gauge('prometheus_tsdb_blocks_loaded', 'Blocks on disk.', () => storage.stats().blocks);
    gauge('prometheus_tsdb_storage_blocks_bytes', 'Size of all blocks.', () => storage.stats().blockBytes);
    gauge('prometheus_tsdb_wal_storage_size_bytes', 'Size of the log.', () => storage.stats().walBytes);
    gauge(
      'prometheus_tsdb_head_size_bytes',
      'Memory of the samples in the head.',
      () => storage.stats().headBytes,
    );
    gauge('prometheus_engine_queries', 'Queries that run or wait.', () => queries.pending);
    gauge('binnacle_events_waiting', 'Events that wait to be published.', () => events().waiting);
    gauge('binnacle_events_dropped', 'Events that were given up since the start.', () => events().dropped);
    gauge('prometheus_target_scrape_pools', 'Scrape pools.', () => scrapes.pools().length);
    gauge('prometheus_target_scrape_pool_targets', 'Targets of all scrape pools.', () =>
      scrapes.pools().reduce((sum, pool) => sum + pool.loops().length, 0),
    );
  }
}

const REASONS: Readonly<Record<number, string>> = {
  [SAMPLE_STATUS.duplicateOfOtherValue]: 'duplicate_timestamp',
  [SAMPLE_STATUS.outOfOrder]: 'out_of_order',
  [SAMPLE_STATUS.outOfBounds]: 'out_of_bounds',
  [SAMPLE_STATUS.tooOld]: 'too_old',
};
