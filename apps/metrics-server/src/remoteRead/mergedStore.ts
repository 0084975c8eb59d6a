import { Labels, type FloatHistogram, type Matcher } from '@binnacle/model';
import {
  createSampleBuffer,
  type Queryable,
  type SampleBuffer,
  type SelectRange,
  type SeriesSet,
} from '@binnacle/promql';
import { attachReader } from '@binnacle/tsdb';
import { selectionKey, type FetchedSelection, type FetchedSeries } from './fetchedSeries.ts';

/** What a thread needs to see the store and what was fetched as one. */
export interface MergedHandle {
  /** Of `Tsdb.shareHandle`. */
  readonly local: unknown;
  readonly fetched: readonly FetchedSelection[];
}

/**
 * Opens a MergedHandle in a thread (`openerModule` of promql's ShareableQueryable).
 *
 * @public
 */
export function openShared(handle: unknown): Queryable {
  const { local, fetched } = handle as MergedHandle;
  return mergedStore(attachReader(local), fetched);
}

/** The store with what endpoints answered to the selections of one query. Of one time, the store's sample is kept. */
export function mergedStore(local: Queryable, fetched: readonly FetchedSelection[]): Queryable {
  return {
    select: (matchers, range, limit) =>
      answersFor(fetched, matchers, range).reduce<SeriesSet>(
        (set, answer) => {
          const warnings = [...(set.warnings ?? []), ...answer.warnings];
          const remote = answer.series.flatMap((series) => cutTo(series, range));
          return remote.length === 0
            ? withWarnings(set, warnings)
            : new MergedSeriesSet(set, remote, warnings);
        },
        local.select(matchers, range, limit),
      ),
  };
}

/** The answers for these matchers that have the whole range, or else (for a guess of the size) any of another range. */
function answersFor(
  fetched: readonly FetchedSelection[],
  matchers: readonly Matcher[],
  { minMs, maxMs }: SelectRange,
): readonly FetchedSelection[] {
  const key = selectionKey(matchers);
  const same = fetched.filter((each) => each.key === key);
  const whole = same.find(({ range }) => range.minMs <= minMs && range.maxMs >= maxMs) ?? same[0];
  return same.filter(({ range }) => range === whole?.range);
}

function withWarnings(set: SeriesSet, warnings: readonly string[]): SeriesSet {
  return {
    length: set.length,
    labels: (index) => set.labels(index),
    read: (index, out) => set.read(index, out),
    warnings,
  };
}

function cutTo(series: FetchedSeries, { minMs, maxMs }: SelectRange): FetchedSeries[] {
  const { timestamps, values, histograms } = series;
  let from = 0;
  let to = timestamps.length;
  while (from < to && timestamps[from]! < minMs) from++;
  while (to > from && timestamps[to - 1]! > maxMs) to--;
  if (from === to) return [];
  if (from === 0 && to === timestamps.length) return [series];
  return [
    {
      ...series,
      timestamps: timestamps.subarray(from, to),
      values: values.subarray(from, to),
      histograms: histograms?.slice(from, to),
    },
  ];
}

const NONE = -1;

/** Two sets, both sorted by labels, as one. */
class MergedSeriesSet implements SeriesSet {
  readonly length: number;
  readonly warnings: readonly string[];
  readonly #own: SeriesSet;
  readonly #remote: readonly FetchedSeries[];
  readonly #remoteLabels: readonly Labels[];
  /** By series: its index in each set, or NONE. */
  readonly #places: (readonly [own: number, remote: number])[] = [];

  constructor(own: SeriesSet, remote: readonly FetchedSeries[], warnings: readonly string[]) {
    this.#own = own;
    this.#remote = remote;
    this.#remoteLabels = remote.map(({ names, labelValues }) => new Labels(names, labelValues));
    this.warnings = warnings;
    for (let i = 0, j = 0; i < own.length || j < remote.length;) {
      const order = this.#compare(i, j);
      this.#places.push([order <= 0 ? i++ : NONE, order >= 0 ? j++ : NONE]);
    }
    this.length = this.#places.length;
  }

  labels(index: number): Labels {
    const [own, remote] = this.#places[index]!;
    return own === NONE ? this.#remoteLabels[remote]! : this.#own.labels(own);
  }

  read(index: number, out: SampleBuffer): void {
    const [own, remote] = this.#places[index]!;
    if (own === NONE) {
      const { timestamps, values, histograms } = this.#remote[remote]!;
      Object.assign(out, {
        length: timestamps.length,
        timestamps,
        values,
        histograms,
        startTimestamps: undefined,
      });
      return;
    }
    if (remote === NONE) return this.#own.read(own, out);
    // Never into `out`, whose arrays may be shared with other series.
    const buffer = createSampleBuffer();
    this.#own.read(own, buffer);
    join(buffer, this.#remote[remote]!, out);
  }

  #compare(own: number, remote: number): number {
    if (own === this.#own.length) return 1;
    if (remote === this.#remote.length) return -1;
    return Labels.compare(this.#own.labels(own), this.#remoteLabels[remote]!);
  }
}

/** Samples of both, by time. */
function join(own: SampleBuffer, remote: FetchedSeries, out: SampleBuffer): void {
  const capacity = own.length + remote.timestamps.length;
  const timestamps = new Float64Array(capacity);
  const values = new Float64Array(capacity);
  const words = new Uint32Array(values.buffer);
  const ownWords = wordsOf(own.values);
  const remoteWords = wordsOf(remote.values);
  const hasHistograms = own.histograms !== undefined || remote.histograms !== undefined;
  const histograms: (FloatHistogram | undefined)[] | undefined = hasHistograms ? [] : undefined;
  const starts = own.startTimestamps === undefined ? undefined : new Float64Array(capacity);
  let size = 0;
  for (let i = 0, j = 0; i < own.length || j < remote.timestamps.length; size++) {
    const ownMs = i < own.length ? own.timestamps[i]! : Infinity;
    const remoteMs = remote.timestamps[j] ?? Infinity;
    const takesOwn = ownMs <= remoteMs;
    const [at, source] = takesOwn ? ([i, ownWords] as const) : ([j, remoteWords] as const);
    timestamps[size] = takesOwn ? ownMs : remoteMs;
    words[2 * size] = source[2 * at]!;
    words[2 * size + 1] = source[2 * at + 1]!;
    if (histograms !== undefined) histograms[size] = (takesOwn ? own : remote).histograms?.[at];
    if (starts !== undefined && takesOwn) starts[size] = own.startTimestamps![at]!;
    if (ownMs === remoteMs) j++;
    if (takesOwn) i++;
    else j++;
  }
  Object.assign(out, { length: size, timestamps, values, histograms, startTimestamps: starts });
}

function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
}
