import { Labels, setStaleAt, type FloatHistogram, type Matcher } from '@binnacle/model';
import type { Queryable, SampleBuffer, SelectRange, SequenceValue, SeriesSet } from '@binnacle/promql';
import type { RuleBatch, RuleStorage } from '../../rules/rule.ts';

/** Samples of a unit test: in memory, in time order, the first of one time kept. */
export class TestStore implements Queryable, RuleStorage {
  readonly #series: StoredSeries[] = [];
  readonly #refs = new Map<string, number>();

  getOrCreateSeries(labels: Labels): number {
    const known = this.#refs.get(labels.key);
    if (known !== undefined) return known;
    this.#refs.set(labels.key, this.#series.length);
    return this.#series.push(new StoredSeries(labels)) - 1;
  }

  append(ref: number, timeMs: number, value: Exclude<SequenceValue, undefined>): void {
    this.#series[ref]!.append(timeMs, value);
  }

  batch(): RuleBatch {
    return {
      append: (ref, timeMs, value) => this.append(ref, timeMs, value),
      appendHistogram: (ref, timeMs, histogram) => this.append(ref, timeMs, histogram),
      appendStale: (ref, timeMs) => this.append(ref, timeMs, 'stale'),
      commit: () => undefined,
    };
  }

  select(matchers: readonly Matcher[], range: SelectRange, limit = 0): SeriesSet {
    const found = this.#series
      .filter(({ labels }) => matchers.every((matcher) => matcher.matches(labels.get(matcher.name))))
      .sort((a, b) => Labels.compare(a.labels, b.labels));
    if (limit > 0) found.length = Math.min(found.length, limit);
    return {
      length: found.length,
      labels: (index) => found[index]!.labels,
      read: (index, out) => found[index]!.read(range, out),
    };
  }
}

class StoredSeries {
  readonly labels: Labels;
  #times = new Float64Array(64);
  #values = new Float64Array(64);
  readonly #histograms: (FloatHistogram | undefined)[] = [];
  #hasHistograms = false;
  #length = 0;

  constructor(labels: Labels) {
    this.labels = labels;
  }

  append(timeMs: number, value: Exclude<SequenceValue, undefined>): void {
    const at = this.#length;
    if (at > 0 && this.#times[at - 1]! >= timeMs) return;
    if (at === this.#times.length) this.#grow();
    this.#times[at] = timeMs;
    if (value === 'stale') setStaleAt(this.#values, at);
    else if (typeof value === 'number') this.#values[at] = value;
    else this.#hasHistograms = true;
    this.#histograms.push(typeof value === 'object' ? value : undefined);
    this.#length = at + 1;
  }

  read({ minMs, maxMs }: SelectRange, out: SampleBuffer): void {
    const from = this.#firstFrom(minMs);
    const to = this.#firstFrom(maxMs + 1);
    out.length = to - from;
    out.timestamps = this.#times.subarray(from, to);
    out.values = this.#values.subarray(from, to);
    out.histograms = this.#hasHistograms ? this.#histograms.slice(from, to) : undefined;
    out.startTimestamps = undefined;
  }

  /** The index of the first sample that is not before a time. */
  #firstFrom(timeMs: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle]! < timeMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow(): void {
    const [times, values] = [this.#times, this.#values];
    this.#times = new Float64Array(2 * times.length);
    this.#times.set(times);
    this.#values = new Float64Array(2 * values.length);
    this.#values.set(values);
  }
}
