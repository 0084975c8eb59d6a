import type { ExpositionHandler, MetadataKind, SeriesRef } from '@binnacle/exposition';
import { METRIC_NAME, type FloatHistogram, type Labels } from '@binnacle/model';

/** References from here on are `_created` lines; those below are the target's own. */
const FIRST_LINE = 2 ** 29;
const SUFFIX = /^(.+)_(created|total|bucket|count|sum)$/;
const COUNTED: ReadonlySet<string | undefined> = new Set(['counter', 'histogram', 'summary']);

/**
 * Between a parser and a target's series: takes the `_created` lines of OpenMetrics for what they say about the lines
 * of their metric (`created`), in place of storing them as series.
 */
export class CreatedLines implements ExpositionHandler {
  readonly #inner: ExpositionHandler;
  readonly #types = new Map<string, string>();
  /** Series by the metric that they are part of. */
  readonly #members = new Map<string, Set<SeriesRef>>();
  readonly #metricOf = new Map<SeriesRef, string>();
  #nextLine = FIRST_LINE;

  constructor(inner: ExpositionHandler) {
    this.#inner = inner;
  }

  /** Forgets everything, as when the target's series are gone. */
  forget(): void {
    this.#members.clear();
    this.#metricOf.clear();
  }

  metadata(family: string, kind: MetadataKind, text: string): void {
    if (kind === 'type') this.#types.set(family, text);
    this.#inner.metadata(family, kind, text);
  }

  series(labels: Labels, emptyNames?: readonly string[]): SeriesRef {
    const [, base, suffix] = SUFFIX.exec(labels.get(METRIC_NAME)) ?? [];
    if (base === undefined || !COUNTED.has(this.#types.get(base)))
      return this.#inner.series(labels, emptyNames);
    const metric = labels.with(METRIC_NAME, base).without('le').key;
    if (suffix === 'created') {
      const line = this.#nextLine++;
      this.#metricOf.set(line, metric);
      return line;
    }
    const ref = this.#inner.series(labels, emptyNames);
    this.#leave(ref);
    this.#metricOf.set(ref, metric);
    const members = this.#members.get(metric) ?? new Set();
    this.#members.set(metric, members.add(ref));
    return ref;
  }

  sample(ref: SeriesRef, value: number, timestampMs: number): void {
    if (ref < FIRST_LINE || ref >= 2 * FIRST_LINE) return this.#inner.sample(ref, value, timestampMs);
    for (const member of this.#members.get(this.#metricOf.get(ref)!) ?? []) {
      this.#inner.created(member, Math.round(value * 1000));
    }
  }

  exemplar(ref: SeriesRef, labels: Labels, value: number, timestampMs: number): void {
    this.#inner.exemplar(ref, labels, value, timestampMs);
  }

  histogram(ref: SeriesRef, histogram: FloatHistogram, timestampMs: number): void {
    this.#inner.histogram(ref, histogram, timestampMs);
  }

  created(ref: SeriesRef, createdMs: number): void {
    this.#inner.created(ref, createdMs);
  }

  /** A reference that stands for another series now is no member of the metric it was of. */
  #leave(ref: SeriesRef): void {
    const metric = this.#metricOf.get(ref);
    if (metric === undefined) return;
    const members = this.#members.get(metric);
    members?.delete(ref);
    if (members?.size === 0) this.#members.delete(metric);
  }
}
