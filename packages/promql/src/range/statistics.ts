import { formatG } from '../text/goText.ts';
import { QueryError } from '../engine/queryError.ts';
import { hasFloats } from './extremes.ts';
import { kahanLost, KahanSum } from './kahan.ts';
import {
  floatCount,
  histogramCount,
  labelsOf,
  type RangeCall,
  type RangeFunction,
  type Window,
} from './rangeFunction.ts';

export const stdvarOverTime: RangeFunction = variance((value) => value);
export const stddevOverTime: RangeFunction = variance(Math.sqrt);

function variance(finish: (variance: number) => number): RangeFunction {
  return {
    window(window, row, call) {
      if (!hasFloats(window, call)) return;
      const { values } = window.floats;
      let count = 0;
      let mean = 0;
      let meanLost = 0;
      let sum = 0;
      let lost = 0;
      for (let i = window.floatFrom; i < window.floatTo; i++) {
        count++;
        const difference = values[i]! - (mean + meanLost);
        const nextMean = mean + difference / count;
        meanLost = kahanLost(mean, meanLost, difference / count, nextMean);
        mean = nextMean;
        const square = difference * (values[i]! - (mean + meanLost));
        const next = sum + square;
        lost = kahanLost(sum, lost, square, next);
        sum = next;
      }
      row.setFloat(window.step, finish((sum + lost) / count));
    },
  };
}

export const quantileOverTime: RangeFunction = {
  window(window, row, call) {
    if (floatCount(window) === 0) return;
    const q = call.scalars[0]![window.step]!;
    warnQuantile(q, call);
    hasFloats(window, call);
    row.setFloat(window.step, quantile(q, floatsOf(window)));
  },
};

export const madOverTime: RangeFunction = {
  window(window, row, call) {
    if (!hasFloats(window, call)) return;
    const values = floatsOf(window);
    if (values.some(Number.isNaN)) return row.setFloat(window.step, NaN);
    const median = quantile(0.5, values);
    row.setFloat(
      window.step,
      quantile(
        0.5,
        values.map((value) => Math.abs(value - median)),
      ),
    );
  },
};

/** The q-quantile of values in any order, interpolated between the two nearest; NaNs count as the smallest. */
export function quantile(q: number, values: Float64Array): number {
  if (values.length === 0 || Number.isNaN(q)) return NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  values.sort();
  // Typed arrays sort NaNs to the end.
  let numbers = values.length;
  while (numbers > 0 && Number.isNaN(values[numbers - 1])) numbers--;
  const nans = values.length - numbers;
  const at = (index: number): number => (index < nans ? NaN : values[index - nans]!);
  const rank = q * (values.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(values.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return at(lower) * (1 - weight) + at(upper) * weight;
}

function floatsOf(window: Window): Float64Array {
  return window.floats.values.slice(window.floatFrom, window.floatTo);
}

function warnQuantile(q: number, call: RangeCall): void {
  if (q >= 0 && q <= 1) return;
  call.context.warn(`quantile value should be between 0 and 1, got ${formatG(q)}`, call.span);
}

export const deriv: RangeFunction = regression((window) => {
  const line = fitLine(window, window.floats.timestamps[window.floatFrom]!);
  return line.slope;
});

export const predictLinear: RangeFunction = regression((window, call) => {
  const { slope, intercept } = fitLine(window, window.timeMs);
  return slope * call.scalars[0]![window.step]! + intercept;
});

function regression(value: (window: Window, call: RangeCall) => number): RangeFunction {
  return {
    window(window, row, call) {
      const floats = floatCount(window);
      if (floats > 0 && histogramCount(window) > 0)
        call.context.infoIgnoredHistograms(labelsOf(call), call.span);
      if (floats >= 2) row.setFloat(window.step, value(window, call));
    },
  };
}

/** Least squares over the floats of a window; the intercept is the value at `originMs`. */
function fitLine(window: Window, originMs: number): { readonly slope: number; readonly intercept: number } {
  const { values, timestamps } = window.floats;
  const first = values[window.floatFrom]!;
  const x = new KahanSum();
  const y = new KahanSum();
  const xy = new KahanSum();
  const x2 = new KahanSum();
  let constant = true;
  for (let i = window.floatFrom; i < window.floatTo; i++) {
    if (values[i] !== first && i > window.floatFrom) constant = false;
    const seconds = (timestamps[i]! - originMs) / 1000;
    x.add(seconds);
    y.add(values[i]!);
    xy.add(seconds * values[i]!);
    x2.add(seconds * seconds);
  }
  if (constant) {
    return Math.abs(first) === Infinity ? { slope: NaN, intercept: NaN } : { slope: 0, intercept: first };
  }
  const n = floatCount(window);
  const sumX = x.sum + x.lost;
  const sumY = y.sum + y.lost;
  const covariance = xy.sum + xy.lost - (sumX * sumY) / n;
  const varianceX = x2.sum + x2.lost - (sumX * sumX) / n;
  const slope = covariance / varianceX;
  return { slope, intercept: sumY / n - (slope * sumX) / n };
}

export const doubleExponentialSmoothing: RangeFunction = {
  window(window, row, call) {
    const [smoothing, trend] = [call.scalars[0]![window.step]!, call.scalars[1]![window.step]!];
    checkFactor('smoothing', 'sf', smoothing);
    checkFactor('trend', 'tf', trend);
    const floats = floatCount(window);
    if (floats > 0 && histogramCount(window) > 0)
      call.context.infoIgnoredHistograms(labelsOf(call), call.span);
    if (floats < 2) return;
    const { values } = window.floats;
    const start = window.floatFrom;
    let before = 0;
    let smoothed = values[start]!;
    let slope = values[start + 1]! - values[start]!;
    for (let i = start + 1; i < window.floatTo; i++) {
      if (i > start + 1) slope = trend * (smoothed - before) + (1 - trend) * slope;
      const next = smoothing * values[i]! + (1 - smoothing) * (smoothed + slope);
      before = smoothed;
      smoothed = next;
    }
    row.setFloat(window.step, smoothed);
  },
};

function checkFactor(name: string, symbol: string, value: number): void {
  if (!(value <= 0 || value >= 1)) return;
  const got = Number.isFinite(value) ? value.toFixed(6) : formatG(value);
  throw new QueryError(`invalid ${name} factor. Expected: 0 < ${symbol} < 1, got: ${got}`);
}
