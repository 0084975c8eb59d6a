/** The schema of a native histogram with custom bucket boundaries (NHCB): `customValues` holds the upper bounds. */
export const CUSTOM_BUCKETS_SCHEMA = -53;
export const MIN_EXPONENTIAL_SCHEMA = -4;
export const MAX_EXPONENTIAL_SCHEMA = 8;

/** A run of consecutive buckets: `offset` from the end of the run before (from index 0 for the first one). */
export interface HistogramSpan {
  readonly offset: number;
  readonly length: number;
}

/** What is known about a counter reset between a histogram sample and the one before it. */
export type CounterResetHint = 'unknown' | 'reset' | 'not_reset' | 'gauge';

/**
 * One sample of a native histogram, as plain data that survives a structured clone. Bucket counts are absolute
 * (not deltas, not cumulative) and float, whatever the wire format was. With an exponential schema, bucket `i` of
 * the positive side covers (base^(i-1), base^i] with base = 2^(2^-schema); the negative side mirrors it. With
 * `CUSTOM_BUCKETS_SCHEMA` bucket `i` covers (customValues[i-1], customValues[i]], the last one is open to +Inf, and
 * there are no negative and no zero buckets.
 *
 * A stale marker is never a FloatHistogram: it is a stale float (see staleness.ts) in the series of samples.
 */
export interface FloatHistogram {
  readonly schema: number;
  /** Half the width of the zero bucket [-zeroThreshold, zeroThreshold]. */
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly count: number;
  readonly sum: number;
  readonly positiveSpans: readonly HistogramSpan[];
  readonly negativeSpans: readonly HistogramSpan[];
  /** One count for every bucket that `positiveSpans` names, in their order. */
  readonly positiveBuckets: Float64Array;
  readonly negativeBuckets: Float64Array;
  /** Sorted finite upper bounds with `CUSTOM_BUCKETS_SCHEMA`; empty otherwise. */
  readonly customValues: Float64Array;
  readonly counterResetHint: CounterResetHint;
}

/**
 * A histogram with custom bucket boundaries: `bounds` are sorted and finite, `buckets` has one count more than there are
 * bounds, not cumulative.
 */
export function customBucketHistogram(parts: {
  readonly bounds: Float64Array;
  readonly buckets: Float64Array;
  readonly count: number;
  readonly sum: number;
}): FloatHistogram {
  return {
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count: parts.count,
    sum: parts.sum,
    positiveSpans: [{ offset: 0, length: parts.buckets.length }],
    negativeSpans: [],
    positiveBuckets: parts.buckets,
    negativeBuckets: NO_BUCKETS,
    customValues: parts.bounds,
    counterResetHint: 'unknown',
  };
}

/** An empty array to share where a histogram has no buckets or no custom bounds. */
export const NO_BUCKETS: Float64Array = new Float64Array(0);
