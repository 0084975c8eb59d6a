import { Labels, type FloatHistogram, type Matcher } from '@binnacle/model';
import type { ReadSeries } from '@binnacle/remote-protocol';
import { createStoredBuffer, decodeChunk, SampleSorter, type SelectRange } from '@binnacle/tsdb';
import { MetricsServerError } from '../errors.ts';
import type { ChunkedSeries } from './chunkedResponse.ts';

/** A series that came from elsewhere, in a form that a thread can be sent. */
export interface FetchedSeries {
  readonly names: readonly string[];
  readonly labelValues: readonly string[];
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly histograms: readonly (FloatHistogram | undefined)[] | undefined;
}

/** What one endpoint answered to a selection, sorted by labels. */
export interface FetchedSelection {
  /** The matchers as text (`selectionKey`). */
  readonly key: string;
  /** The same object for all endpoints that were asked. */
  readonly range: SelectRange;
  readonly series: readonly FetchedSeries[];
  readonly warnings: readonly string[];
}

/** Selections with the same key ask for the same series. */
export function selectionKey(matchers: readonly Matcher[]): string {
  return matchers.map(String).join(',');
}

const FIRST_CAPACITY = 32;

/** Joins the parts of an answer: series by labels, samples by time; of one time the first one stays. */
export class FetchedSeriesCollector {
  readonly #range: SelectRange;
  readonly #series = new Map<string, { readonly labels: Labels; readonly samples: SampleSorter }>();
  #samplesLeft: number;

  /** Throws METRICS_REMOTE_READ, from `add…`, when there are more samples than `maxSamples`. */
  constructor(range: SelectRange, maxSamples: number) {
    this.#range = range;
    this.#samplesLeft = maxSamples;
  }

  addSamples(labels: Labels, { timestamps, values, histograms = [] }: ReadSeries): void {
    const sorter = this.#samplesOf(labels);
    const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
    for (let i = 0; i < timestamps.length; i++) {
      if (this.#takes(timestamps[i]!)) sorter.add(timestamps[i]!, words[2 * i]!, words[2 * i + 1]!);
    }
    for (const { histogram, timestampMs } of histograms) {
      if (!this.#takes(timestampMs)) continue;
      if (histogram === undefined) sorter.add(timestampMs, ...STALE_WORDS);
      else sorter.addHistogram(timestampMs, { histogram, isInteger: false });
    }
  }

  addChunks(labels: Labels, { chunks }: ChunkedSeries): void {
    const sorter = this.#samplesOf(labels);
    for (const { encoding, data } of chunks) {
      decodeChunk(encoding, data, {
        float: (time, low, high) => {
          if (this.#takes(time)) sorter.add(time, low, high);
        },
        histogram: (time, stored) => {
          if (this.#takes(time)) sorter.addHistogram(time, stored);
        },
      });
    }
  }

  /** Everything that was added, sorted by labels. Series without samples are left out. */
  finish(): FetchedSeries[] {
    const found: FetchedSeries[] = [];
    const sorted = [...this.#series.values()].sort((a, b) => Labels.compare(a.labels, b.labels));
    for (const { labels, samples } of sorted) {
      const buffer = createStoredBuffer();
      samples.drain(buffer);
      if (buffer.length === 0) continue;
      found.push({
        names: labels.names,
        labelValues: labels.values,
        timestamps: buffer.timestamps.subarray(0, buffer.length),
        values: buffer.values.subarray(0, buffer.length),
        histograms:
          buffer.histograms &&
          Array.from({ length: buffer.length }, (_, i) => buffer.histograms![i]?.histogram),
      });
    }
    return found;
  }

  #samplesOf(labels: Labels): SampleSorter {
    const known = this.#series.get(labels.key);
    if (known !== undefined) return known.samples;
    const samples = new SampleSorter(FIRST_CAPACITY);
    this.#series.set(labels.key, { labels, samples });
    return samples;
  }

  #takes(timeMs: number): boolean {
    if (timeMs < this.#range.minMs || timeMs > this.#range.maxMs) return false;
    if (--this.#samplesLeft >= 0) return true;
    throw new MetricsServerError(
      'METRICS_REMOTE_READ',
      'the answer has more samples than a query may hold; narrow the query, or raise --query.max-samples',
    );
  }
}

const STALE_WORDS = [2, 0x7ff00000] as const;
