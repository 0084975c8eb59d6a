import type { FloatHistogram, Labels } from '@binnacle/model';
import { checkHistogram, hasIntegerCounts } from '../codec/histogramCodec.ts';
import { SampleBatch } from '../head/sampleBatch.ts';
import type { Exemplar, MetricMetadata } from '../wal/records.ts';

/** What a commit did. `statuses[i]` is the SAMPLE_STATUS of the i-th appended sample. */
export interface CommitResult {
  readonly statuses: Uint8Array;
  /** Samples that are now stored. */
  readonly stored: number;
  /** Samples refused, by any rule. */
  readonly refused: number;
}

export interface HistogramOptions {
  /** Integer counts keep being integers through export. Default: true when all counts are whole. */
  readonly isInteger?: boolean;
  readonly startTimestampMs?: number;
}

/**
 * Samples that become visible together, or not at all. Times are milliseconds. A batch may be used again after
 * `commit` or `rollback`.
 */
export class Batch {
  readonly #commit: (batch: Batch) => CommitResult;
  /** Kept for the store. */
  readonly samples = new SampleBatch();
  readonly exemplars: Exemplar[] = [];
  readonly metadata = new Map<string, MetricMetadata>();

  constructor(commit: (batch: Batch) => CommitResult) {
    this.#commit = commit;
  }

  get length(): number {
    return this.samples.length;
  }

  /** Adds a sample to a series by its reference. Whether it is accepted is known at `commit`. A start of 0 is none. */
  append(ref: number, timeMs: number, value: number, startTimestampMs = 0): void {
    this.samples.add(ref, timeMs, value);
    if (startTimestampMs !== 0) this.setStart(this.length - 1, startTimestampMs);
  }

  /** Adds a sample by the two words of its float, so that a NaN keeps its bits. A start of 0 is none. */
  appendBits(ref: number, timeMs: number, low: number, high: number, startTimestampMs = 0): void {
    this.samples.addBits(ref, timeMs, low, high);
    if (startTimestampMs !== 0) this.setStart(this.length - 1, startTimestampMs);
  }

  /**
   * Says when the counter of the `index`-th sample of this batch started, in milliseconds; 0 for unknown, which is
   * also what becomes of a start that is no whole number or has more than 51 bits.
   */
  setStart(index: number, startTimestampMs: number): void {
    this.samples.setStart(index, startTimestampMs);
  }

  /** Adds the stale marker: the series ends here for now. */
  appendStale(ref: number, timeMs: number): void {
    this.samples.addBits(ref, timeMs, 2, 0x7ff00000);
  }

  /** Adds a native histogram. Throws TSDB_BAD_HISTOGRAM. */
  appendHistogram(
    ref: number,
    timeMs: number,
    histogram: FloatHistogram,
    options: HistogramOptions = {},
  ): void {
    checkHistogram(histogram);
    const { isInteger = hasIntegerCounts(histogram), startTimestampMs } = options;
    this.samples.histograms.set(this.samples.length, { histogram, isInteger });
    this.append(ref, timeMs, 0, startTimestampMs);
  }

  /** Adds an exemplar of a series. The store keeps the newest ones, up to its limit. */
  appendExemplar(seriesLabels: Labels, labels: Labels, value: number, timestampMs: number): void {
    this.exemplars.push({ seriesLabels, labels, value, timestampMs });
  }

  setMetadata(metricName: string, metadata: MetricMetadata): void {
    this.metadata.set(metricName, metadata);
  }

  /** Writes everything to the log and makes it visible. Throws TSDB_WAL_WRITE, and then nothing was stored. */
  commit(): CommitResult {
    try {
      return this.#commit(this);
    } finally {
      this.rollback();
    }
  }

  /** Forgets everything added since the last commit. */
  rollback(): void {
    this.samples.clear();
    this.exemplars.length = 0;
    this.metadata.clear();
  }
}
