import { Labels, type FloatHistogram, type Matcher } from '@binnacle/model';
import {
  createSampleBuffer,
  type Queryable,
  type SampleBuffer,
  type SelectRange,
  type SeriesSet,
  type ShareableQueryable,
} from './storage.ts';

interface SharedSeries {
  readonly names: readonly string[];
  readonly labelValues: readonly string[];
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly (FloatHistogram | undefined)[] | undefined;
  readonly startTimestamps: Float64Array | undefined;
}

/** A copy of a store's series in shared memory, for queries in worker threads. */
export class SharedMemoryStore implements ShareableQueryable {
  readonly openerModule = import.meta.url;
  readonly #series: readonly SharedSeries[];
  readonly #labels: readonly Labels[];

  private constructor(series: readonly SharedSeries[]) {
    this.#series = series;
    this.#labels = series.map(({ names, labelValues }) => new Labels(names, labelValues));
  }

  /** Copies what another store has in a range. */
  static copyOf(store: Queryable, matchers: readonly Matcher[], range: SelectRange): SharedMemoryStore {
    const set = store.select(matchers, range);
    const buffer = createSampleBuffer();
    const columns = new Map<Float64Array, Float64Array>();
    const series: SharedSeries[] = [];
    for (let i = 0; i < set.length; i++) {
      set.read(i, buffer);
      const { timestamps, values, histograms, startTimestamps, length } = buffer;
      let column = columns.get(timestamps);
      if (column === undefined) columns.set(timestamps, (column = share(timestamps, length)));
      const labels = set.labels(i);
      series.push({
        names: labels.names,
        labelValues: labels.values,
        timestamps: column,
        values: share(values, length),
        histograms,
        startTimestamps: startTimestamps && share(startTimestamps, length),
      });
    }
    return new SharedMemoryStore(series);
  }

  /** Opens the handle of another thread's store. */
  static open(handle: unknown): SharedMemoryStore {
    return new SharedMemoryStore(handle as readonly SharedSeries[]);
  }

  shareHandle(): unknown {
    return this.#series;
  }

  select(matchers: readonly Matcher[], range: SelectRange): SeriesSet {
    const found = this.#labels.flatMap((labels, index) =>
      matchers.every((matcher) => matcher.matches(labels.get(matcher.name))) ? [index] : [],
    );
    const cuts = new Map<Float64Array, Cut>();
    return {
      length: found.length,
      labels: (index) => this.#labels[found[index]!]!,
      read: (index, out) => read(this.#series[found[index]!]!, range, cuts, out),
    };
  }
}

/** Opens a handle in a worker thread. */
export function openShared(handle: unknown): SharedMemoryStore {
  return SharedMemoryStore.open(handle);
}

interface Cut {
  readonly column: Float64Array;
  readonly from: number;
  readonly to: number;
}

function share(source: Float64Array, length: number): Float64Array {
  const shared = new Float64Array(new SharedArrayBuffer(length * 8));
  shared.set(source.subarray(0, length));
  return shared;
}

function read(
  series: SharedSeries,
  range: SelectRange,
  cuts: Map<Float64Array, Cut>,
  out: SampleBuffer,
): void {
  let cut = cuts.get(series.timestamps);
  if (cut === undefined) cuts.set(series.timestamps, (cut = cutColumn(series.timestamps, range)));
  const { column, from, to } = cut;
  out.length = to - from;
  out.timestamps = column;
  out.values = series.values.subarray(from, to);
  out.histograms = series.histograms?.slice(from, to);
  out.startTimestamps = series.startTimestamps?.subarray(from, to);
}

function cutColumn(timestamps: Float64Array, range: SelectRange): Cut {
  let from = 0;
  let to = timestamps.length;
  while (from < to && timestamps[from]! < range.minMs) from++;
  while (to > from && timestamps[to - 1]! > range.maxMs) to--;
  return { column: timestamps.subarray(from, to), from, to };
}
