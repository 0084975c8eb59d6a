import { isStaleAt, type FloatHistogram } from '@binnacle/model';
import type { SampleBuffer } from '../storage.ts';

/** Float samples of a series, oldest first. */
export interface FloatColumn {
  length: number;
  /** Milliseconds. The store's own array where possible: its identity tells that window bounds can be shared. */
  timestamps: Float64Array;
  values: Float64Array;
  startTimestamps: Float64Array | undefined;
}

/** Histogram samples of a series, oldest first. */
export interface HistogramColumn {
  length: number;
  timestamps: Float64Array;
  histograms: readonly FloatHistogram[];
  startTimestamps: Float64Array | undefined;
}

/** The samples of one series by kind, without stale markers. */
export class SeriesColumns {
  readonly floats: FloatColumn = {
    length: 0,
    timestamps: NO_TIMES,
    values: NO_TIMES,
    startTimestamps: undefined,
  };
  readonly histograms: HistogramColumn = {
    length: 0,
    timestamps: NO_TIMES,
    histograms: [],
    startTimestamps: undefined,
  };

  /** Takes over the samples of a buffer; without stale markers and histograms nothing is copied. */
  load(buffer: SampleBuffer, useStartTimestamps: boolean): void {
    const startTimestamps = useStartTimestamps ? buffer.startTimestamps : undefined;
    const { length, timestamps, values } = buffer;
    const { floats, histograms } = this;
    if (buffer.histograms === undefined && !hasStale(values, length)) {
      floats.length = length;
      floats.timestamps = timestamps;
      floats.values = values;
      floats.startTimestamps = startTimestamps;
      histograms.length = 0;
      return;
    }
    this.#split(buffer, startTimestamps);
  }

  #split(buffer: SampleBuffer, startTimestamps: Float64Array | undefined): void {
    const { length, timestamps, values } = buffer;
    const words = wordsOf(values);
    const floatIndexes: number[] = [];
    const histogramIndexes: number[] = [];
    for (let i = 0; i < length; i++) {
      if (buffer.histograms?.[i] !== undefined) histogramIndexes.push(i);
      else if (!isStaleAt(words, i)) floatIndexes.push(i);
    }
    const { floats, histograms } = this;
    floats.length = floatIndexes.length;
    floats.timestamps = gather(timestamps, floatIndexes);
    floats.values = gather(values, floatIndexes);
    floats.startTimestamps = startTimestamps && gather(startTimestamps, floatIndexes);
    histograms.length = histogramIndexes.length;
    histograms.timestamps = gather(timestamps, histogramIndexes);
    histograms.histograms = histogramIndexes.map((i) => buffer.histograms![i]!);
    histograms.startTimestamps = startTimestamps && gather(startTimestamps, histogramIndexes);
  }
}

const NO_TIMES = new Float64Array(0);

/** The bits of a float array, for telling stale markers from other NaNs. */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** True when one of the first `length` values is a stale marker. */
export function hasStale(values: Float64Array, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    if (value !== value) return anyStale(values, i, length);
  }
  return false;
}

function anyStale(values: Float64Array, from: number, length: number): boolean {
  const words = wordsOf(values);
  for (let i = from; i < length; i++) if (isStaleAt(words, i)) return true;
  return false;
}

function gather(source: Float64Array, indexes: readonly number[]): Float64Array {
  const out = new Float64Array(indexes.length);
  for (let i = 0; i < indexes.length; i++) out[i] = source[indexes[i]!]!;
  return out;
}
