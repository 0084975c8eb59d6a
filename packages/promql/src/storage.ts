import type { FloatHistogram, Labels, Matcher } from '@binnacle/model';

/** A span of time in milliseconds, both ends included. */
export interface SelectRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Where a series' samples are put. A store points the fields at arrays of its own, or fills again arrays that it has
 * put into this buffer before; the reader never writes to them, and is done with them when it passes the buffer to
 * `read` again. Only the first `length` entries count.
 */
export interface SampleBuffer {
  length: number;
  /**
   * Milliseconds, strictly ascending. A store may hand out the same array object for many series (the series of one
   * scrape): the engine then computes window bounds once for all of them. So, unlike the other arrays, one that was
   * handed out must not be filled again while the query runs.
   */
  timestamps: Float64Array;
  /**
   * Float values. A stale marker is a value with the bits of `@binnacle/model`'s staleness.ts. Entries that are
   * histograms hold anything.
   */
  values: Float64Array;
  /** Histogram samples at their index, undefined for floats; undefined as a whole when the series has none. */
  histograms: readonly (FloatHistogram | undefined)[] | undefined;
  /** When each sample's counter started, in milliseconds, 0 when unknown; undefined when the series has none. */
  startTimestamps: Float64Array | undefined;
}

/** The value of one label of every series, by index; '' where a series has none. */
export type LabelColumn = (index: number) => string;

/** The series that a selection found, sorted by `Labels.compare`, each label set once. */
export interface SeriesSet {
  readonly length: number;
  labels(index: number): Labels;
  /** One label of every series; for a store where that costs less than `labels`. */
  labelColumn?(name: string): LabelColumn;
  /** Puts the samples of one series inside the selected range into `out`. A SeriesSet is read until its query ends. */
  read(index: number, out: SampleBuffer): void;
  /**
   * True when the newest sample of a series is known, without reading it, to lie in the selected range. False says
   * nothing.
   */
  endsInRange?(index: number): boolean;
  /** What the store has to say about the selection, such as an answer that is incomplete. */
  readonly warnings?: readonly string[];
}

/** What the engine asks of a store. A select sees the same data for as long as its SeriesSet is in use. */
export interface Queryable {
  /**
   * Series for which every matcher holds and that may have samples in `range`. With `limit` (> 0) a store may stop
   * after that many series.
   */
  select(matchers: readonly Matcher[], range: SelectRange, limit?: number): SeriesSet;
  /**
   * About how many series a selection would find, without making it: tells whether a query is worth a thread. 0 where
   * a selection costs little anyway.
   */
  countSeries?(matchers: readonly Matcher[], range: SelectRange): number;
}

/**
 * A store whose data lives in shared memory, so that a worker thread can read it. `shareHandle` gives something that
 * `postMessage` can carry; the module at `openerModule` exports `openShared(handle): Queryable`.
 */
export interface ShareableQueryable extends Queryable {
  /** URL of a module that exports `openShared`. */
  readonly openerModule: string;
  /** A handle to the data as it stands now. */
  shareHandle(): unknown;
}

/** An empty buffer to pass to `SeriesSet.read`. */
export function createSampleBuffer(): SampleBuffer {
  return {
    length: 0,
    timestamps: NO_FLOATS,
    values: NO_FLOATS,
    histograms: undefined,
    startTimestamps: undefined,
  };
}

const NO_FLOATS = new Float64Array(0);
