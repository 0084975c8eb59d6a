import type { FloatHistogram, Labels, Matcher } from '@binnacle/model';
import type { Queryable, SampleBuffer, SelectRange, SeriesSet } from '@binnacle/promql';
import { createStoredBuffer, Head, SampleBatch, type SampleStatus } from '@binnacle/tsdb';

export interface Exemplar {
  readonly seriesLabels: Labels;
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}

/** What a commit did: `statuses[i]` is the SAMPLE_STATUS of the i-th appended sample. */
export interface CommitResult {
  readonly statuses: Uint8Array;
  readonly stored: number;
  readonly refused: number;
}

/** Samples that become visible together. Times are milliseconds. It may be used again after a commit or rollback. */
export interface WriteBatch {
  readonly length: number;
  append(ref: number, timeMs: number, value: number): void;
  /** By the two words of the float, so that a NaN keeps its bits. */
  appendBits(ref: number, timeMs: number, low: number, high: number): void;
  appendStale(ref: number, timeMs: number): void;
  appendHistogram(ref: number, timeMs: number, histogram: FloatHistogram): void;
  appendExemplar(seriesLabels: Labels, labels: Labels, value: number, timestampMs: number): void;
  commit(): CommitResult;
  rollback(): void;
}

export interface StorageOptions {
  readonly maxSeries: number;
  readonly blockRangeMs: number;
  readonly retentionMs: number;
  readonly outOfOrderWindowMs: number;
  readonly maxExemplars: number;
}

/** The time-series store, as this server uses it. */
export interface Storage extends Queryable {
  readonly minTime: number;
  readonly maxTime: number;
  readonly seriesCount: number;
  readonly sizeBytes: number;
  /** The reference of a label set, made when it is not there. */
  ref(labels: Labels): number;
  batch(): WriteBatch;
  exemplars(): Iterable<Exemplar>;
  /** Every value of a label, in no order, without looking at series. */
  allLabelValues(name: string): string[];
  /** Hides the samples of a time range. */
  delete(matchers: readonly Matcher[], range: SelectRange): void;
  /** Drops what is older than the retention. */
  truncate(nowMs: number): void;
  close(): Promise<void>;
}

/** Opens the store. */
export function openStorage(options: StorageOptions): Storage {
  const head = new Head({
    maxSeries: options.maxSeries,
    rangeMs: options.blockRangeMs,
    outOfOrderWindowMs: options.outOfOrderWindowMs,
  });
  const exemplars: Exemplar[] = [];
  return {
    get minTime() {
      return head.minTime;
    },
    get maxTime() {
      return head.maxTime;
    },
    get seriesCount() {
      return head.seriesCount;
    },
    get sizeBytes() {
      return head.sizeBytes;
    },
    ref: (labels) => head.find(labels) ?? head.create(labels),
    batch: () => new HeadBatch(head, exemplars, options.maxExemplars),
    exemplars: () => exemplars,
    allLabelValues: (name) => {
      const { index } = head;
      const nameId = index.findName(name);
      const values: string[] = [];
      if (nameId === 0) return values;
      index.eachPair(nameId, (pair) => {
        if (index.sizeOf(pair) > 0) values.push(index.valueText(pair));
      });
      return values;
    },
    select: (matchers, range, limit = 0) => selectFromHead(head, matchers, range, limit),
    delete: (matchers, { minMs, maxMs }) => {
      const found = head.select(matchers, { minMs, maxMs });
      for (let i = 0; i < found.length; i++) {
        const ref = head.find(found.labels(i));
        if (ref !== undefined) head.delete(head.seriesOf(ref), minMs, maxMs);
      }
    },
    truncate: (nowMs) => {
      const before = Math.floor((nowMs - options.retentionMs) / options.blockRangeMs) * options.blockRangeMs;
      if (head.minTime < before) head.truncate(before);
    },
    close: async () => undefined,
  };
}

/** The head's selection with bare histograms. */
function selectFromHead(
  head: Head,
  matchers: readonly Matcher[],
  range: SelectRange,
  limit: number,
): SeriesSet {
  const found = head.select(matchers, range);
  const stored = createStoredBuffer();
  return {
    length: limit > 0 ? Math.min(limit, found.length) : found.length,
    labels: (index) => found.labels(index),
    read: (index, out: SampleBuffer) => {
      stored.values = out.values;
      found.read(index, stored);
      const { length, timestamps, values, startTimestamps, histograms } = stored;
      out.length = length;
      out.timestamps = timestamps;
      out.values = values;
      out.startTimestamps = startTimestamps;
      out.histograms =
        histograms === undefined ? undefined : Array.from({ length }, (_, i) => histograms[i]?.histogram);
    },
  };
}

class HeadBatch implements WriteBatch {
  readonly #head: Head;
  readonly #samples = new SampleBatch();
  readonly #exemplars: Exemplar[] = [];
  readonly #kept: Exemplar[];
  readonly #maxExemplars: number;
  #statuses = new Uint8Array(256);

  constructor(head: Head, kept: Exemplar[], maxExemplars: number) {
    this.#head = head;
    this.#kept = kept;
    this.#maxExemplars = maxExemplars;
  }

  get length(): number {
    return this.#samples.length;
  }

  append(ref: number, timeMs: number, value: number): void {
    this.#samples.add(ref, timeMs, value);
  }

  appendBits(ref: number, timeMs: number, low: number, high: number): void {
    this.#samples.addBits(ref, timeMs, low, high);
  }

  appendStale(ref: number, timeMs: number): void {
    this.#samples.addBits(ref, timeMs, 2, 0x7ff00000);
  }

  appendHistogram(ref: number, timeMs: number, histogram: FloatHistogram): void {
    const isInteger = Number.isInteger(histogram.count) && Number.isInteger(histogram.zeroCount);
    this.#samples.histograms.set(this.#samples.length, { histogram, isInteger });
    this.#samples.add(ref, timeMs, 0);
  }

  appendExemplar(seriesLabels: Labels, labels: Labels, value: number, timestampMs: number): void {
    if (this.#maxExemplars > 0) this.#exemplars.push({ seriesLabels, labels, value, timestampMs });
  }

  commit(): CommitResult {
    const { length } = this.#samples;
    if (this.#statuses.length < length) this.#statuses = new Uint8Array(2 * length);
    const stored = this.#head.apply(this.#samples, this.#statuses);
    const statuses = this.#statuses.subarray(0, length);
    this.#kept.push(...this.#exemplars);
    if (this.#kept.length > this.#maxExemplars) {
      this.#kept.splice(0, this.#kept.length - this.#maxExemplars);
    }
    this.rollback();
    return {
      statuses,
      stored,
      refused: statuses.reduce((sum, status) => sum + (isRefused(status) ? 1 : 0), 0),
    };
  }

  rollback(): void {
    this.#samples.clear();
    this.#exemplars.length = 0;
  }
}

/** True for a status that means that the sample was not taken. */
function isRefused(status: number): boolean {
  return (status as SampleStatus) > 1;
}
