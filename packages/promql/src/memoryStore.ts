import { Labels, setStaleAt, type FloatHistogram, type Matcher } from '@binnacle/model';
import { withResetHint } from './histogram/resetHint.ts';
import type { Queryable, SampleBuffer, SelectRange, SeriesSet } from './storage.ts';

/** A sample to be stored: a float, a histogram, or the marker that a series has ended. */
export type MemorySample = number | FloatHistogram | 'stale';

interface StoredSample {
  readonly ms: number;
  readonly value: MemorySample;
  readonly startMs: number;
}

interface StoredSeries {
  readonly labels: Labels;
  readonly samples: StoredSample[];
  columns: Columns | undefined;
}

interface Columns {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly (FloatHistogram | undefined)[] | undefined;
  readonly startTimestamps: Float64Array | undefined;
}

/** A small store in memory, for tests and tools. Series with the same timestamps share one array of them. */
export class MemoryStore implements Queryable {
  readonly #series = new Map<string, StoredSeries>();
  readonly #timestamps = new Map<string, Float64Array>();

  get seriesCount(): number {
    return this.#series.size;
  }

  /** Adds a sample. One at the same time replaces the earlier one. */
  append(labels: Labels, ms: number, value: MemorySample, startMs = 0): void {
    let series = this.#series.get(labels.key);
    if (series === undefined) {
      series = { labels, samples: [], columns: undefined };
      this.#series.set(labels.key, series);
    }
    series.columns = undefined;
    const { samples } = series;
    let at = samples.length;
    while (at > 0 && samples[at - 1]!.ms >= ms) at--;
    samples.splice(at, samples[at]?.ms === ms ? 1 : 0, { ms, value, startMs });
  }

  clear(): void {
    this.#series.clear();
    this.#timestamps.clear();
  }

  select(matchers: readonly Matcher[], range: SelectRange, limit = 0): SeriesSet {
    const found: StoredSeries[] = [];
    for (const series of this.#series.values()) {
      if (matchers.every((matcher) => matcher.matches(series.labels.get(matcher.name)))) found.push(series);
    }
    found.sort((a, b) => Labels.compare(a.labels, b.labels));
    if (limit > 0) found.length = Math.min(found.length, limit);
    return {
      length: found.length,
      labels: (index) => found[index]!.labels,
      read: (index, out) => readColumns(this.#columns(found[index]!), range, out),
    };
  }

  #columns(series: StoredSeries): Columns {
    series.columns ??= toColumns(series.samples, (timestamps) => this.#shared(timestamps));
    return series.columns;
  }

  #shared(timestamps: Float64Array): Float64Array {
    const key = timestamps.join();
    const known = this.#timestamps.get(key);
    if (known !== undefined) return known;
    this.#timestamps.set(key, timestamps);
    return timestamps;
  }
}

function toColumns(
  samples: readonly StoredSample[],
  share: (timestamps: Float64Array) => Float64Array,
): Columns {
  const values = new Float64Array(samples.length);
  const histograms: (FloatHistogram | undefined)[] = [];
  let previous: FloatHistogram | undefined;
  samples.forEach(({ value }, i) => {
    histograms[i] = undefined;
    if (value === 'stale') setStaleAt(values, i);
    else if (typeof value === 'number') values[i] = value;
    else histograms[i] = withResetHint(value, previous);
    previous = typeof value === 'object' ? value : undefined;
  });
  const starts = samples.some(({ startMs }) => startMs !== 0);
  return {
    timestamps: share(Float64Array.from(samples, ({ ms }) => ms)),
    values,
    histograms: histograms.some((histogram) => histogram !== undefined) ? histograms : undefined,
    startTimestamps: starts ? Float64Array.from(samples, ({ startMs }) => startMs) : undefined,
  };
}

function readColumns(columns: Columns, range: SelectRange, out: SampleBuffer): void {
  const { timestamps, values, histograms, startTimestamps } = columns;
  let from = 0;
  let to = timestamps.length;
  while (from < to && timestamps[from]! < range.minMs) from++;
  while (to > from && timestamps[to - 1]! > range.maxMs) to--;
  const whole = from === 0 && to === timestamps.length;
  out.length = to - from;
  out.timestamps = whole ? timestamps : timestamps.subarray(from, to);
  out.values = whole ? values : values.subarray(from, to);
  out.histograms = whole ? histograms : histograms?.slice(from, to);
  out.startTimestamps = whole ? startTimestamps : startTimestamps?.subarray(from, to);
}
