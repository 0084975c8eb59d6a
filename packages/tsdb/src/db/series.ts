import type { FloatHistogram, Labels, Matcher } from '@binnacle/model';
import type { StoredHistogram } from '../codec/histogramCodec.ts';

/** A span of time in milliseconds, both ends included. */
export interface SelectRange {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * Where `SeriesSet.read` puts one series. Only the first `length` entries count. `timestamps` may be one array that
 * many series share (the series of one scrape) and must not be written to; `values` is filled in place when it is
 * large enough, and keeps every bit, so stale markers are told by `isStaleAt` over its buffer.
 */
export interface SampleBuffer {
  length: number;
  timestamps: Float64Array;
  values: Float64Array;
  /** Histograms at their index, undefined for floats; undefined as a whole when there are none. */
  histograms: readonly (FloatHistogram | undefined)[] | undefined;
  /** When each sample's counter started, 0 when unknown; undefined when the series has none. */
  startTimestamps: Float64Array | undefined;
}

/** The value of one label of every series of a selection, by index; '' where a series has none. */
export type LabelColumn = (index: number) => string;

/** Series that a selection found, sorted by `Labels.compare`, each label set once. */
export interface SeriesSet {
  readonly length: number;
  labels(index: number): Labels;
  /** One label of every series, for less than `labels` costs. */
  labelColumn(name: string): LabelColumn;
  read(index: number, out: SampleBuffer): void;
  /**
   * True when the newest sample of a series is known, without reading it, to lie in the selected range. False says
   * nothing.
   */
  endsInRange(index: number): boolean;
  /** What is missing from the answer, such as a damaged block. */
  readonly warnings: readonly string[];
}

/** An empty buffer to read into. */
export function createSampleBuffer(): SampleBuffer {
  return {
    length: 0,
    timestamps: NO_FLOATS,
    values: NO_FLOATS,
    histograms: undefined,
    startTimestamps: undefined,
  };
}

/** One source of samples (the head or a block) inside the store; histograms keep where they came from. */
export interface StoredBuffer extends Omit<SampleBuffer, 'histograms'> {
  histograms: (StoredHistogram | undefined)[] | undefined;
}

/** The selection of one source. Ids are positions in its own label order. */
export interface SourceSelection {
  readonly length: number;
  /** The hash of a series' labels, the same in every source. */
  hash(index: number): number;
  labels(index: number): Labels;
  labelColumn(name: string): LabelColumn;
  read(index: number, out: StoredBuffer): void;
  /** See SeriesSet. */
  endsInRange?(index: number): boolean;
}

/** The head or a block, to be read. */
export interface Source {
  readonly minTime: number;
  readonly maxTime: number;
  select(matchers: readonly Matcher[], range: SelectRange, warn: (text: string) => void): SourceSelection;
}

export function createStoredBuffer(): StoredBuffer {
  return {
    length: 0,
    timestamps: NO_FLOATS,
    values: NO_FLOATS,
    histograms: undefined,
    startTimestamps: undefined,
  };
}

export const NO_FLOATS: Float64Array = new Float64Array(0);
