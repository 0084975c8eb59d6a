import type { FloatHistogram } from '@binnacle/model';
import { MixedSchemasError } from '../histogram/accumulator.ts';
import { combineHistograms, multiplyHistogram } from '../histogram/arithmetic.ts';
import { metricName } from '../engine/queryContext.ts';
import type { Row } from '../engine/row.ts';
import type { FloatColumn } from './columns.ts';
import { extendedRate } from './extendedRate.ts';
import { histogramIncrease } from './histogramRate.ts';
import {
  histogramCount,
  isMixed,
  labelsOf,
  type RangeCall,
  type RangeFunction,
  type Window,
} from './rangeFunction.ts';
import { isStartReset, startOverlaps } from './startTimestamps.ts';
import type { Bounds, Extrapolation } from './windows.ts';

/** rate, increase and delta differ in whether counters reset and whether the result is per second. */
export interface RateKind {
  readonly isCounter: boolean;
  readonly isRate: boolean;
}

export const rate: RangeFunction = rateFunction({ isCounter: true, isRate: true });
export const increase: RangeFunction = rateFunction({ isCounter: true, isRate: false });
export const delta: RangeFunction = rateFunction({ isCounter: false, isRate: false });

function rateFunction(kind: RateKind): RangeFunction {
  return {
    window(window, row, call) {
      if (call.range.extension === undefined) extrapolatedRate(window, row, call, kind);
      else extendedRate(window, row, call, kind);
    },
    floats: (column, bounds, row, call) => rateOfFloats(column, bounds, row, call, kind),
  };
}

/**
 * All windows of a float series in one pass. Resets are found once; a window adds only those inside it, in order, so
 * that the result is the same to the last bit as if each window was scanned by itself.
 */
function rateOfFloats(column: FloatColumn, bounds: Bounds, row: Row, call: RangeCall, kind: RateKind): void {
  const { values, timestamps, length } = column;
  const extrapolation = call.windows.extrapolation(timestamps, length);
  const { sampled, toStart } = extrapolation;
  const factors = kind.isRate ? extrapolation.factorPerSecond : extrapolation.factor;
  const { from, to } = bounds;
  const { isCounter } = kind;
  const resets = isCounter ? findResets(values, length) : NO_RESETS;
  const out = row.values;
  const { kinds } = row;
  let nextReset = 0;
  for (let step = 0; step < out.length; step++) {
    const first = from[step]!;
    const last = to[step]! - 1;
    if (last <= first) {
      kinds[step] = 0;
      continue;
    }
    const start = values[first]!;
    let result = values[last]! - start;
    if (resets.length > 0) {
      while (nextReset < resets.length && resets[nextReset]! <= first) nextReset++;
      for (let i = nextReset; i < resets.length && resets[i]! <= last; i++) result += values[resets[i]! - 1]!;
    }
    kinds[step] = 1;
    // The counter may have started from zero inside the part that is extrapolated to; usually it is far from that.
    const mayStart =
      isCounter && result > 0 && start >= 0 && start * sampled[step]! < result * toStart[step]! * 1.001;
    out[step] =
      result * (mayStart ? startedFactor(start, result, step, extrapolation, call, kind) : factors[step]!);
  }
}

/** The factor where extrapolation ends at the time at which the counter would have been zero, if it is near enough. */
function startedFactor(
  start: number,
  result: number,
  step: number,
  { sampled, toStart, toEnd }: Extrapolation,
  call: RangeCall,
  kind: RateKind,
): number {
  const interval = sampled[step]!;
  const toZero = interval * (start / result);
  const before = toZero < toStart[step]! ? toZero : toStart[step]!;
  const factor = (interval + before + toEnd[step]!) / interval;
  return kind.isRate ? factor / (call.range.rangeMs / 1000) : factor;
}

const NO_RESETS = new Int32Array(0);

/** Indexes of samples that are lower than the one before. */
function findResets(values: Float64Array, length: number): Int32Array | number[] {
  let resets: Int32Array | number[] = NO_RESETS;
  let previous = values[0]!;
  for (let i = 1; i < length; i++) {
    const value = values[i]!;
    if (value < previous) {
      if (resets === NO_RESETS) resets = [];
      (resets as number[]).push(i);
    }
    previous = value;
  }
  return resets;
}

/** One window of floats or of histograms, with start timestamps where there are some. */
function extrapolatedRate(window: Window, row: Row, call: RangeCall, kind: RateKind): void {
  const { context, span } = call;
  if (isMixed(window)) return context.warnMixedFloatsHistograms(labelsOf(call), span);
  const isHistogram = histogramCount(window) > 0;
  const column = isHistogram ? window.histograms : window.floats;
  const from = isHistogram ? window.histogramFrom : window.floatFrom;
  const last = (isHistogram ? window.histogramTo : window.floatTo) - 1;
  const starts = kind.isCounter ? column.startTimestamps : undefined;
  const firstMs = column.timestamps[from]!;
  const lastMs = column.timestamps[last]!;
  let float = 0;
  let histogram: FloatHistogram | undefined;
  if (!isHistogram) float = floatIncrease(window, call, kind.isCounter);
  else if (last > from) {
    histogram = histogramIncrease(window, call, kind.isCounter);
    if (histogram === undefined) return;
  }
  let before = (firstMs - window.startMs) / 1000;
  let after = (window.endMs - lastMs) / 1000;
  let interval = (lastMs - firstMs) / 1000;
  const average = last > from ? interval / (last - from) : 0;
  const threshold = average * 1.1;
  const start = starts?.[from] ?? 0;
  if (start !== 0 && start > window.startMs && start < firstMs) {
    before = 0;
    interval = (lastMs - start) / 1000;
    if (!isHistogram) float += window.floats.values[from]!;
    else {
      const first = window.histograms.histograms[from]!;
      const sum = histogram === undefined ? first : addWithNotes(histogram, first, call);
      if (sum === undefined) return;
      histogram = sum;
    }
  } else if (last === from) return;
  else {
    if (before >= threshold) before = average / 2;
    if (kind.isCounter) {
      const zero = durationToZero(window, interval, float, histogram, from);
      if (zero < before) before = zero;
    }
  }
  if (after >= threshold) after = average / 2;
  let factor = interval === 0 ? 1 : (interval + before + after) / interval;
  if (kind.isRate) factor /= call.range.rangeMs / 1000;
  if (histogram === undefined) row.setFloat(window.step, float * factor);
  else row.setHistogram(window.step, multiplyHistogram(histogram, factor));
}

/** Seconds from the first sample back to where the counter would have been zero. */
function durationToZero(
  window: Window,
  interval: number,
  float: number,
  histogram: FloatHistogram | undefined,
  from: number,
): number {
  if (histogram !== undefined) {
    const { count } = window.histograms.histograms[from]!;
    return histogram.count > 0 && count >= 0 ? interval * (count / histogram.count) : Infinity;
  }
  const first = window.floats.values[from]!;
  return float > 0 && first >= 0 ? interval * (first / float) : Infinity;
}

function floatIncrease(window: Window, call: RangeCall, isCounter: boolean): number {
  const { values, timestamps, startTimestamps: starts } = window.floats;
  const { floatFrom: from, floatTo: to } = window;
  let result = values[to - 1]! - values[from]!;
  if (!isCounter) return result;
  let overlap = false;
  for (let i = from + 1; i < to; i++) {
    const before = values[i - 1]!;
    let reset = values[i]! < before;
    if (starts !== undefined) {
      overlap ||= startOverlaps(starts[i - 1]!, timestamps[i - 1]!, starts[i]!);
      reset ||= isStartReset(starts[i - 1]!, timestamps[i - 1]!, starts[i]!, timestamps[i]!);
    }
    if (reset) result += before;
  }
  if (overlap) warnOverlap(call);
  return result;
}

export function warnOverlap(call: RangeCall): void {
  const text = 'sample has start time that overlaps with previous sample timestamp for metric';
  call.context.warn(`${text} ${metricName(labelsOf(call))}`, call.span);
}

function addWithNotes(a: FloatHistogram, b: FloatHistogram, call: RangeCall): FloatHistogram | undefined {
  try {
    const { histogram, combined } = combineHistograms(a, b, 1);
    if (combined.boundsReconciled) call.context.infoReconciled('addition', call.span);
    return { ...histogram, counterResetHint: a.counterResetHint };
  } catch (error) {
    if (!(error instanceof MixedSchemasError)) throw error;
    call.context.warnMixedSchemas(labelsOf(call), call.span);
    return undefined;
  }
}
