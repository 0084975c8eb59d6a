import { Counter, type Registry as MetricRegistry } from 'prom-client';
import type { Fingerprint } from '../aggregate/fingerprint.ts';
import type { Database } from '../storage/schema.ts';

const LABELS = ['service', 'aggregation_key', 'class', 'severity', 'version'] as const;
type SeriesLabels = Record<(typeof LABELS)[number], string>;

/** Label value of the series that stand for all beyond the limit, one a service. */
const OVERFLOW = '__overflow__';

const MAX_LABEL_LENGTH = 256;

/**
 * `exceptions_total`: one counter for each exception and version, up to a limit; what is beyond it counts in one
 * series a service, so that sums stay exact. A series keeps the labels it began with.
 */
export class ExceptionSeries {
  readonly #counter: Counter<(typeof LABELS)[number]>;
  readonly #series = new Map<string, SeriesLabels>();
  readonly #maxSeries: number;

  constructor(registry: MetricRegistry, maxSeries: number) {
    this.#maxSeries = maxSeries;
    this.#counter = new Counter({
      name: 'exceptions_total',
      help: 'Occurrences of each exception by version; aggregation_key="__overflow__" stands for those beyond limits.metric_series.',
      labelNames: LABELS,
      registers: [registry],
    });
  }

  /** Continues from what is stored; the most recent exceptions get their own series first. */
  async restore(db: Database, find: (fingerprintId: number) => Fingerprint | undefined): Promise<void> {
    const rows = await db
      .selectFrom('version_stats')
      .select(['fingerprint_id', 'version', 'total'])
      .orderBy('last_seen', 'desc')
      .execute();
    for (const { fingerprint_id, version, total } of rows) {
      const fingerprint = find(fingerprint_id);
      if (fingerprint !== undefined && fingerprint.state !== 'expired') this.add(fingerprint, version, total);
    }
  }

  add(fingerprint: Fingerprint, version: string, count: number): void {
    this.#counter.inc(this.#labels(fingerprint, version), count);
  }

  get seriesCount(): number {
    return this.#series.size;
  }

  #labels(fingerprint: Fingerprint, version: string): SeriesLabels {
    const id = `${fingerprint.id} ${version}`;
    const known = this.#series.get(id);
    if (known !== undefined) return known;
    const { service, key, severity } = fingerprint;
    if (this.#series.size >= this.#maxSeries) {
      return { service, aggregation_key: OVERFLOW, class: OVERFLOW, severity: OVERFLOW, version: OVERFLOW };
    }
    const labels = { service, aggregation_key: cut(key), class: cut(fingerprint.class), severity, version };
    this.#series.set(id, labels);
    return labels;
  }
}

function cut(text: string): string {
  return text.length <= MAX_LABEL_LENGTH ? text : text.slice(0, MAX_LABEL_LENGTH).toWellFormed();
}
