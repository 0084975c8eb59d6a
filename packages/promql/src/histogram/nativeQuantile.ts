import type { FloatHistogram } from '@binnacle/model';
import { usesCustomBuckets } from './bounds.ts';
import { allBuckets, type Bucket } from './buckets.ts';

/** How observations of the value NaN, which no bucket holds, bear on a result. */
export type NanEffect = 'none' | 'skewed' | 'undefined';

/**
 * The q-quantile of a native histogram. Inside a bucket it interpolates exponentially, in the zero bucket and in
 * custom buckets linearly.
 */
export function nativeQuantile(
  q: number,
  h: FloatHistogram,
): { readonly value: number; readonly nan: NanEffect } {
  if (q < 0) return { value: -Infinity, nan: 'none' };
  if (q > 1) return { value: Infinity, nan: 'none' };
  if (h.count === 0 || Number.isNaN(q)) return { value: NaN, nan: 'none' };
  const buckets = allBuckets(h);
  const forward = Number.isNaN(h.sum) || q < 0.5;
  if (!forward) buckets.reverse();
  const wanted = forward ? q * h.count : (1 - q) * h.count;
  let bucket: Bucket | undefined;
  let seen = 0;
  for (const candidate of buckets) {
    if (candidate.count === 0) continue;
    bucket = candidate;
    seen += candidate.count;
    if (seen >= wanted) break;
  }
  const nans = Number.isNaN(h.sum) && totalCount(buckets) < h.count;
  if (bucket === undefined) return { value: NaN, nan: nans ? 'undefined' : 'none' };
  const bounds = effectiveBounds(bucket, h);
  if (bounds.fixed !== undefined) {
    if (seen < wanted && nans) return { value: NaN, nan: 'undefined' };
    return { value: bounds.fixed, nan: nans ? 'skewed' : 'none' };
  }
  if (seen > h.count) seen = h.count;
  if (seen < wanted) {
    if (nans) return { value: NaN, nan: 'undefined' };
    return { value: forward ? bounds.upper : bounds.lower, nan: 'none' };
  }
  const rank = forward ? wanted - (seen - bucket.count) : seen - wanted;
  const value = interpolate(rank / bucket.count, bounds.lower, bounds.upper, usesCustomBuckets(h));
  return { value, nan: nans ? 'skewed' : 'none' };
}

/**
 * The share of observations between two values. Observations of NaN count neither way, which `excludesNan` tells.
 */
export function nativeFraction(
  lower: number,
  upper: number,
  h: FloatHistogram,
): { readonly value: number; readonly excludesNan: boolean } {
  if (h.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) {
    return { value: NaN, excludesNan: false };
  }
  const buckets = allBuckets(h);
  const total = totalCount(buckets);
  const excludesNan = Number.isNaN(h.sum) && total < h.count;
  const most = excludesNan ? total : h.count;
  if (lower >= upper) return { value: 0, excludesNan };
  const custom = usesCustomBuckets(h);
  const below = Math.min(rankOf(lower, buckets, h, custom), most);
  const upTo = Math.min(rankOf(upper, buckets, h, custom), most);
  return { value: (upTo - below) / h.count, excludesNan };
}

/** Variance of the observations, each taken to lie in the middle of its bucket. */
export function nativeVariance(h: FloatHistogram): number {
  const mean = h.sum / h.count;
  let variance = 0;
  let lost = 0;
  for (const bucket of allBuckets(h)) {
    if (bucket.count === 0) continue;
    const delta = middle(bucket, h) - mean;
    const x = bucket.count * delta * delta;
    const sum = variance + x;
    lost = Number.isFinite(sum) ? lost + (variance >= x ? variance - sum + x : x - sum + variance) : 0;
    variance = sum;
  }
  return (variance + lost) / h.count;
}

function middle(bucket: Bucket, h: FloatHistogram): number {
  if (usesCustomBuckets(h)) return (bucket.upper + bucket.lower) / 2;
  if (bucket.lower <= 0 && bucket.upper >= 0) return 0;
  const mean = Math.sqrt(bucket.upper * bucket.lower);
  return bucket.upper < 0 ? -mean : mean;
}

/** How many observations lie below a value. */
function rankOf(value: number, buckets: readonly Bucket[], h: FloatHistogram, custom: boolean): number {
  let rank = 0;
  for (const bucket of buckets) {
    const { lower, upper } = custom ? fromZero(bucket) : biased(bucket, h);
    if (lower >= value) return rank;
    if (upper > value) return rank + bucket.count * shareBelow(value, lower, upper, custom);
    rank += bucket.count;
  }
  return Infinity;
}

/** The share of a bucket below a value inside it; a bucket without a lower end counts whole, one without an upper end not. */
export function shareBelow(value: number, lower: number, upper: number, linear: boolean): number {
  if (linear || (lower <= 0 && upper >= 0)) {
    return lower === -Infinity ? 1 : (value - lower) / (upper - lower);
  }
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  if (value > 0) return (logValue - logLower) / (logUpper - logLower);
  return 1 - (logValue - logUpper) / (logLower - logUpper);
}

/** A zero bucket reaches only to zero on the side where the histogram has no other buckets. */
export function biased(
  bucket: Bucket,
  h: FloatHistogram,
): { readonly lower: number; readonly upper: number } {
  const { lower, upper } = bucket;
  if (lower > 0 || upper < 0) return bucket;
  const positive = h.positiveBuckets.length > 0;
  const negative = h.negativeBuckets.length > 0;
  if (positive && !negative) return { lower: 0, upper };
  if (negative && !positive) return { lower, upper: 0 };
  return bucket;
}

/** The first custom bucket starts at zero when it ends above zero. */
export function fromZero(bucket: Bucket): { readonly lower: number; readonly upper: number } {
  const opens = bucket.lower === -Infinity && bucket.upper > 0 && bucket.upper !== Infinity;
  return opens ? { lower: 0, upper: bucket.upper } : bucket;
}

/** Bounds to interpolate between, or the one value to give when there is an open end. */
function effectiveBounds(
  bucket: Bucket,
  h: FloatHistogram,
): { readonly lower: number; readonly upper: number; readonly fixed: number | undefined } {
  if (!usesCustomBuckets(h)) return { ...pick(biased(bucket, h)), fixed: undefined };
  const { lower, upper } = bucket;
  if (lower === -Infinity) {
    return upper <= 0 ? { lower, upper, fixed: upper } : { lower: 0, upper, fixed: openEnd(0, upper) };
  }
  return { lower, upper, fixed: openEnd(lower, upper) };
}

function openEnd(lower: number, upper: number): number | undefined {
  return upper === Infinity ? lower : undefined;
}

function pick(bounds: { readonly lower: number; readonly upper: number }): {
  readonly lower: number;
  readonly upper: number;
} {
  return { lower: bounds.lower, upper: bounds.upper };
}

function interpolate(share: number, lower: number, upper: number, custom: boolean): number {
  if (custom || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * share;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * share);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - share)));
}

function totalCount(buckets: readonly Bucket[]): number {
  let total = 0;
  for (const bucket of buckets) total += bucket.count;
  return total;
}
