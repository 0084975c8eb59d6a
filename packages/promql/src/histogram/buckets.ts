import { NO_BUCKETS, type FloatHistogram, type HistogramSpan } from '@binnacle/model';
import { upperBound, usesCustomBuckets } from './bounds.ts';

/** A bucket with its bounds, wherever it lies. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  readonly lowerInclusive: boolean;
  readonly upperInclusive: boolean;
}

/** Calls `visit` for every bucket of one side, with its index. */
export function eachBucket(
  spans: readonly HistogramSpan[],
  buckets: Float64Array,
  visit: (index: number, count: number) => void,
): void {
  let index = 0;
  let at = 0;
  for (const span of spans) {
    index += span.offset;
    for (let i = 0; i < span.length; i++) visit(index++, buckets[at++]!);
  }
}

/** Spans and counts for counts by bucket index. */
export function toSpans(counts: ReadonlyMap<number, number>): {
  readonly spans: readonly HistogramSpan[];
  readonly buckets: Float64Array;
} {
  if (counts.size === 0) return { spans: [], buckets: NO_BUCKETS };
  const indexes = Int32Array.from(counts.keys()).sort();
  const buckets = new Float64Array(indexes.length);
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  indexes.forEach((index, i) => {
    buckets[i] = counts.get(index)!;
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - (last === undefined ? 0 : next), length: 1 });
    next = index + 1;
  });
  return { spans, buckets };
}

/** Every bucket from the lowest to the highest, the zero bucket in its place; empty ones too. */
export function allBuckets(h: FloatHistogram): Bucket[] {
  const negative: Bucket[] = [];
  eachBucket(h.negativeSpans, h.negativeBuckets, (index, count) => {
    const lower = -upperBound(h, index);
    const upper = -upperBound(h, index - 1);
    negative.push({ lower, upper, count, lowerInclusive: true, upperInclusive: false });
  });
  const out = negative.reverse();
  if (h.zeroCount > 0) {
    const { zeroThreshold, zeroCount } = h;
    out.push({
      lower: -zeroThreshold,
      upper: zeroThreshold,
      count: zeroCount,
      lowerInclusive: true,
      upperInclusive: true,
    });
  }
  const custom = usesCustomBuckets(h);
  eachBucket(h.positiveSpans, h.positiveBuckets, (index, count) => {
    const lower = upperBound(h, index - 1);
    const upper = upperBound(h, index);
    out.push({ lower, upper, count, lowerInclusive: custom && index === 0, upperInclusive: true });
  });
  return out;
}

/** Counts by bucket index of one side. */
export function countsOf(spans: readonly HistogramSpan[], buckets: Float64Array): Map<number, number> {
  const counts = new Map<number, number>();
  eachBucket(spans, buckets, (index, count) => counts.set(index, count));
  return counts;
}

/** The histogram without its empty buckets. */
export function compact(h: FloatHistogram): FloatHistogram {
  if (h.positiveBuckets.every((count) => count !== 0) && h.negativeBuckets.every((count) => count !== 0)) {
    return h;
  }
  const positive = toSpans(withoutZeros(countsOf(h.positiveSpans, h.positiveBuckets)));
  const negative = toSpans(withoutZeros(countsOf(h.negativeSpans, h.negativeBuckets)));
  return {
    ...h,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
  };
}

function withoutZeros(counts: Map<number, number>): Map<number, number> {
  for (const [index, count] of counts) if (count === 0) counts.delete(index);
  return counts;
}
