import type { FloatHistogram, Labels } from '@binnacle/model';
import type { Grid } from '../engine/grid.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import type { Row } from '../engine/row.ts';
import type { Span } from '../parser/span.ts';
import type { FloatColumn, HistogramColumn } from './columns.ts';
import type { RangeVector } from './rangeVector.ts';
import type { Bounds, WindowCache } from './windows.ts';

/** A call of a function over a range vector, and the series it is at. */
export interface RangeCall {
  readonly name: string;
  readonly context: QueryContext;
  readonly grid: Grid;
  readonly range: RangeVector;
  /** The scalar arguments at every step. */
  readonly scalars: readonly Float64Array[];
  /** Where annotations point to. */
  readonly span: Span;
  readonly windows: WindowCache;
  /** The series that the call is at. */
  index: number;
}

/** The labels of the series that a call is at. */
export function labelsOf({ range, index }: RangeCall): Labels {
  return range.labels(index);
}

/** The samples of one window. At least one is there. */
export interface Window {
  readonly floats: FloatColumn;
  readonly histograms: HistogramColumn;
  /** Float samples from `floatFrom` up to but not including `floatTo`; the same for histograms. */
  floatFrom: number;
  floatTo: number;
  histogramFrom: number;
  histogramTo: number;
  step: number;
  /** The time of the step. */
  timeMs: number;
  /** The window is (startMs, endMs]. */
  startMs: number;
  endMs: number;
}

/** How a function turns windows into values. */
export interface RangeFunction {
  /** Computes the value at one step; sets nothing when there is none. */
  window(window: Window, row: Row, call: RangeCall): void;
  /** Computes a whole row for a series that has floats only, in one pass. */
  floats?: ((column: FloatColumn, bounds: Bounds, row: Row, call: RangeCall) => void) | undefined;
  /** The result is one of the samples, so the metric's name still fits. */
  readonly keepsName?: boolean;
}

export function floatCount(window: Window): number {
  return window.floatTo - window.floatFrom;
}

export function histogramCount(window: Window): number {
  return window.histogramTo - window.histogramFrom;
}

export function isMixed(window: Window): boolean {
  return window.floatTo > window.floatFrom && window.histogramTo > window.histogramFrom;
}

export function histogramsOf(window: Window): readonly FloatHistogram[] {
  return window.histograms.histograms.slice(window.histogramFrom, window.histogramTo);
}
