import type { FloatHistogram } from '@binnacle/model';
import { upperBound, usesCustomBuckets } from './bounds.ts';
import { eachBucket, toSpans, type Bucket } from './buckets.ts';
import { biased, fromZero, shareBelow } from './nativeQuantile.ts';

/** What is kept of a bucket, and the value that stands for it in the sum. */
interface Kept {
  readonly count: number;
  readonly middle: number;
}

const NOTHING: Kept = { count: 0, middle: 0 };

/**
 * The observations below (`</`) or above (`>/`) a value. A bucket that the value falls into is divided as quantiles
 * are interpolated; one that is open towards the cut is dropped. The sum is estimated from the middle of the
 * buckets, except when nothing is cut off.
 */
export function trimHistogram(h: FloatHistogram, side: '</' | '>/', cut: number): FloatHistogram {
  let count = 0;
  let sum = 0;
  let changed = false;
  const keep = (bucket: Bucket): number => {
    if (bucket.count === 0) return 0;
    const kept = side === '</' ? keepBelow(bucket, h, cut) : keepAbove(bucket, h, cut);
    if (kept.count !== bucket.count) changed = true;
    count += kept.count;
    if (kept.count !== 0) sum += kept.count * kept.middle;
    return kept.count;
  };
  const negative = new Map<number, number>();
  eachBucket(h.negativeSpans, h.negativeBuckets, (index, n) => {
    const bounds = { lower: -upperBound(h, index), upper: -upperBound(h, index - 1) };
    negative.set(index, keep({ ...bounds, count: n, lowerInclusive: true, upperInclusive: false }));
  });
  const { zeroThreshold } = h;
  const zero = { lower: -zeroThreshold, upper: zeroThreshold, lowerInclusive: true, upperInclusive: true };
  const zeroCount = keep({ ...zero, count: h.zeroCount });
  const positive = new Map<number, number>();
  eachBucket(h.positiveSpans, h.positiveBuckets, (index, n) => {
    const bounds = { lower: upperBound(h, index - 1), upper: upperBound(h, index) };
    positive.set(index, keep({ ...bounds, count: n, lowerInclusive: false, upperInclusive: true }));
  });
  if (!changed) return h;
  return withBuckets(h, { count, sum, zeroCount, positive, negative });
}

function withBuckets(
  h: FloatHistogram,
  kept: {
    readonly count: number;
    readonly sum: number;
    readonly zeroCount: number;
    readonly positive: Map<number, number>;
    readonly negative: Map<number, number>;
  },
): FloatHistogram {
  const positive = toSpans(nonZero(kept.positive));
  const negative = toSpans(nonZero(kept.negative));
  return {
    ...h,
    count: kept.count,
    sum: kept.sum,
    zeroCount: kept.zeroCount,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
  };
}

function nonZero(counts: Map<number, number>): Map<number, number> {
  return new Map([...counts].filter(([, count]) => count !== 0));
}

function keepBelow(bucket: Bucket, h: FloatHistogram, cut: number): Kept {
  const custom = usesCustomBuckets(h);
  const linear = custom || (bucket.lower <= 0 && bucket.upper >= 0);
  if (cut === Infinity) return { count: bucket.count, middle: middle(bucket.lower, bucket.upper, linear) };
  const { lower, upper } = custom ? fromZero(bucket) : biased(bucket, h);
  if (lower >= cut || upper === Infinity) return NOTHING;
  if (upper <= cut) return { count: bucket.count, middle: middle(lower, upper, linear) };
  if (lower === -Infinity) return { count: bucket.count, middle: cut };
  const share = shareBelow(cut, lower, upper, linear);
  return { count: bucket.count * share, middle: middle(lower, cut, linear) };
}

function keepAbove(bucket: Bucket, h: FloatHistogram, cut: number): Kept {
  const custom = usesCustomBuckets(h);
  const linear = custom || (bucket.lower <= 0 && bucket.upper >= 0);
  if (cut === -Infinity) return { count: bucket.count, middle: middle(bucket.lower, bucket.upper, linear) };
  const { lower, upper } = custom ? fromZero(bucket) : biased(bucket, h);
  if (upper <= cut || (bucket.lower === -Infinity && (cut < lower || lower === -Infinity))) return NOTHING;
  if (lower >= cut) return { count: bucket.count, middle: middle(lower, upper, linear) };
  if (upper === Infinity) return { count: bucket.count, middle: cut };
  const share = shareBelow(cut, lower, upper, linear);
  return { count: bucket.count * (1 - share), middle: middle(cut, upper, linear) };
}

function middle(lower: number, upper: number, linear: boolean): number {
  if (lower === -Infinity) return upper;
  if (upper === Infinity) return lower;
  if (linear) return (lower + upper) / 2;
  const mean = Math.sqrt(Math.abs(lower) * Math.abs(upper));
  return upper <= 0 ? -mean : mean;
}
