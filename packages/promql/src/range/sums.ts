import type { FloatHistogram } from '@binnacle/model';
import type { Row } from '../engine/row.ts';
import { HistogramAccumulator, MixedSchemasError } from '../histogram/accumulator.ts';
import type { FloatColumn } from './columns.ts';
import { kahanLost } from './kahan.ts';
import {
  histogramsOf,
  isMixed,
  floatCount,
  labelsOf,
  type RangeCall,
  type RangeFunction,
  type Window,
} from './rangeFunction.ts';
import type { Bounds } from './windows.ts';

export const sumOverTime: RangeFunction = overTime(sumOfWindow, (sum) => sum, sumHistograms);
export const avgOverTime: RangeFunction = overTime(avgOfWindow, (sum, count) => sum / count, avgHistograms);

function overTime(
  scan: (values: Float64Array, from: number, to: number) => number,
  fromSum: (sum: number, count: number) => number,
  ofHistograms: (window: Window, call: RangeCall) => FloatHistogram | undefined,
): RangeFunction {
  return {
    window(window, row, call) {
      if (isMixed(window)) return call.context.warnMixedFloatsHistograms(labelsOf(call), call.span);
      if (floatCount(window) > 0) {
        row.setFloat(window.step, scan(window.floats.values, window.floatFrom, window.floatTo));
        return;
      }
      const histogram = ofHistograms(window, call);
      if (histogram !== undefined) row.setHistogram(window.step, histogram);
    },
    floats(column, bounds, row) {
      const prefix = integerPrefix(column, bounds);
      const { from, to } = bounds;
      for (let step = 0; step < row.values.length; step++) {
        const first = from[step]!;
        const end = to[step]!;
        row.kinds[step] = end > first ? 1 : 0;
        if (end <= first) continue;
        row.values[step] =
          prefix === undefined
            ? scan(column.values, first, end)
            : fromSum(prefix[end]! - prefix[first]!, end - first);
      }
    },
  };
}

/**
 * Prefix sums of a column of integers, whose differences are exact; undefined where they would not be, or where
 * windows hardly overlap so that scanning them costs no more.
 */
function integerPrefix(column: FloatColumn, bounds: Bounds): Float64Array | undefined {
  const { values, length } = column;
  const steps = bounds.from.length;
  const last = steps - 1;
  const perWindow = bounds.to[last]! - bounds.from[last]!;
  if (perWindow * steps < 2 * (length + steps)) return undefined;
  const prefix = new Float64Array(length + 1);
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i]!;
    sum += value;
    if (!Number.isSafeInteger(value) || Math.abs(sum) > Number.MAX_SAFE_INTEGER || Object.is(value, -0)) {
      return undefined;
    }
    prefix[i + 1] = sum;
  }
  return prefix;
}

function sumOfWindow(values: Float64Array, from: number, to: number): number {
  let sum = 0;
  let lost = 0;
  for (let i = from; i < to; i++) {
    const next = sum + values[i]!;
    lost = kahanLost(sum, lost, values[i]!, next);
    sum = next;
  }
  return sum === Infinity || sum === -Infinity ? sum : sum + lost;
}

/** Sum by count, or from mean to mean once the sum overflows. */
function avgOfWindow(values: Float64Array, from: number, to: number): number {
  let sum = values[from]!;
  let lost = 0;
  let count = 1;
  for (let i = from + 1; i < to; i++) {
    const value = values[i]!;
    const next = sum + value;
    if (next === Infinity || next === -Infinity)
      return meanByMean(values, i, to, sum / count, lost / count, count);
    lost = kahanLost(sum, lost, value, next);
    sum = next;
    count++;
  }
  return sum / count + lost / count;
}

function meanByMean(
  values: Float64Array,
  from: number,
  to: number,
  startMean: number,
  startLost: number,
  startCount: number,
): number {
  let mean = startMean;
  let lost = startLost;
  let count = startCount;
  for (let i = from; i < to; i++) {
    count++;
    const share = (count - 1) / count;
    const scaled = share * mean;
    const next = scaled + values[i]! / count;
    lost = kahanLost(scaled, share * lost, values[i]! / count, next);
    mean = next;
  }
  return mean + lost;
}

function sumHistograms(window: Window, call: RangeCall): FloatHistogram | undefined {
  return combine(window, call, (histograms, add) => {
    const sum = new HistogramAccumulator(histograms[0]!, true);
    for (let i = 1; i < histograms.length; i++) add(sum, histograms[i]!);
    return sum.finish();
  });
}

function avgHistograms(window: Window, call: RangeCall): FloatHistogram | undefined {
  return combine(window, call, (histograms, add) => averageHistograms(histograms, add));
}

/** The mean of histograms: sum by count, or from mean to mean once a count overflows. */
function averageHistograms(
  histograms: readonly FloatHistogram[],
  add: (sum: HistogramAccumulator, histogram: FloatHistogram) => void,
): FloatHistogram {
  let sum = new HistogramAccumulator(histograms[0]!, true);
  let incremental = false;
  let count = 1;
  for (let i = 1; i < histograms.length; i++) {
    const histogram = histograms[i]!;
    count = i + 1;
    if (!incremental) {
      const next = sum.copy();
      add(next, histogram);
      if (!next.overflows) {
        sum = next;
        continue;
      }
      incremental = true;
      sum.divide(count - 1);
    }
    sum.multiply((count - 1) / count);
    const share = new HistogramAccumulator(histogram);
    share.divide(count);
    add(sum, share.finish());
  }
  if (!incremental) sum.divide(count);
  return sum.finish();
}

function combine(
  window: Window,
  call: RangeCall,
  work: (
    histograms: readonly FloatHistogram[],
    add: (sum: HistogramAccumulator, histogram: FloatHistogram) => void,
  ) => FloatHistogram,
): FloatHistogram | undefined {
  const { context, span } = call;
  const histograms = histogramsOf(window);
  let reconciled = false;
  try {
    const result = work(histograms, (sum, histogram) => {
      if (sum.add(histogram).boundsReconciled) reconciled = true;
    });
    const hints = new Set(histograms.map((histogram) => histogram.counterResetHint));
    if (hints.has('reset') && hints.has('not_reset')) context.warnCollision('aggregation', span);
    if (reconciled) context.infoReconciled('aggregation', span);
    return result;
  } catch (error) {
    if (!(error instanceof MixedSchemasError)) throw error;
    context.warnMixedSchemas(labelsOf(call), span);
    return undefined;
  }
}

/** Copies a constant for every window that is not empty; shared by functions that only ask whether there are samples. */
export function fillWhereSamples(bounds: Bounds, row: Row, value: (samples: number) => number): void {
  for (let step = 0; step < row.values.length; step++) {
    const samples = bounds.to[step]! - bounds.from[step]!;
    row.kinds[step] = samples > 0 ? 1 : 0;
    row.values[step] = value(samples);
  }
}
