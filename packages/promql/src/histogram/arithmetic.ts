import type { FloatHistogram } from '@binnacle/model';
import { HistogramAccumulator, type Combined } from './accumulator.ts';
import { compact } from './buckets.ts';

/** `left + right` or `left - right`, without empty buckets. Throws MixedSchemasError. */
export function combineHistograms(
  left: FloatHistogram,
  right: FloatHistogram,
  sign: 1 | -1,
): { readonly histogram: FloatHistogram; readonly combined: Combined } {
  const sum = new HistogramAccumulator(left);
  const combined = sum.add(right, sign);
  return { histogram: compact(sum.finish()), combined };
}

/** Every count and the sum times `factor`. */
export function multiplyHistogram(h: FloatHistogram, factor: number): FloatHistogram {
  const scaled: FloatHistogram = {
    ...h,
    zeroCount: h.zeroCount * factor,
    count: h.count * factor,
    sum: h.sum * factor,
    positiveBuckets: h.positiveBuckets.map((count) => count * factor),
    negativeBuckets: h.negativeBuckets.map((count) => count * factor),
  };
  return factor < 0 ? { ...scaled, counterResetHint: 'gauge' } : scaled;
}

/** Every count and the sum divided; division by zero leaves no buckets. */
export function divideHistogram(h: FloatHistogram, divisor: number): FloatHistogram {
  const sum = new HistogramAccumulator(h);
  sum.divide(divisor);
  return sum.finish();
}

/** An empty histogram with the layout of another. */
export function emptyLike(h: FloatHistogram): FloatHistogram {
  return {
    schema: h.schema,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 0,
    sum: 0,
    positiveSpans: [],
    positiveBuckets: new Float64Array(0),
    negativeSpans: [],
    negativeBuckets: new Float64Array(0),
    customValues: h.customValues,
    counterResetHint: 'unknown',
  };
}
