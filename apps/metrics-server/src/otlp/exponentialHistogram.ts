import {
  MAX_EXPONENTIAL_SCHEMA,
  MIN_EXPONENTIAL_SCHEMA,
  NO_BUCKETS,
  type FloatHistogram,
  type HistogramSpan,
} from '@binnacle/model';
import { ApiError } from '../errors.ts';
import type { ExponentialBuckets, ExponentialPoint } from './otlpRequest.ts';

const MAX_BUCKETS = 10_000;

/**
 * A native histogram of an exponential one. Bucket i of OpenTelemetry has the lower bound base^i, bucket i of a native
 * histogram the upper bound base^i, so indexes move by one. A scale above the finest schema is made coarser.
 */
export function nativeHistogramOf(point: ExponentialPoint): FloatHistogram {
  const scale = point.scale ?? 0;
  if (scale < MIN_EXPONENTIAL_SCHEMA) {
    throw new ApiError('bad_data', `expected a scale of at least ${MIN_EXPONENTIAL_SCHEMA}, found ${scale}`);
  }
  const schema = Math.min(scale, MAX_EXPONENTIAL_SCHEMA);
  const positive = spansOf(point.positive, scale - schema);
  const negative = spansOf(point.negative, scale - schema);
  return {
    schema,
    zeroThreshold: point.zeroThreshold ?? 1e-128,
    zeroCount: Number(point.zeroCount ?? 0),
    count: Number(point.count ?? 0),
    sum: point.sum ?? 0,
    positiveSpans: positive.spans,
    negativeSpans: negative.spans,
    positiveBuckets: positive.counts,
    negativeBuckets: negative.counts,
    customValues: NO_BUCKETS,
    counterResetHint: 'unknown',
  };
}

/** Buckets that are merged `2 ** shift` at a time, as one span. */
function spansOf(
  buckets: ExponentialBuckets | undefined,
  shift: number,
): { readonly spans: readonly HistogramSpan[]; readonly counts: Float64Array } {
  const given = buckets?.bucketCounts ?? [];
  if (given.length === 0) return { spans: [], counts: NO_BUCKETS };
  if (given.length > MAX_BUCKETS)
    throw new ApiError('bad_data', `expected at most ${MAX_BUCKETS} buckets, found ${given.length}`);
  const offset = buckets?.offset ?? 0;
  const indexOf = (i: number): number => Math.floor((offset + i) / 2 ** shift) + 1;
  const first = indexOf(0);
  const counts = new Float64Array(indexOf(given.length - 1) - first + 1);
  for (const [i, count] of given.entries()) counts[indexOf(i) - first]! += Number(count);
  return { spans: [{ offset: first, length: counts.length }], counts };
}
