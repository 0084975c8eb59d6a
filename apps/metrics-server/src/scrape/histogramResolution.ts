import {
  CUSTOM_BUCKETS_SCHEMA,
  MAX_EXPONENTIAL_SCHEMA,
  MIN_EXPONENTIAL_SCHEMA,
  type FloatHistogram,
  type HistogramSpan,
} from '@binnacle/model';

/** The finest schema whose buckets grow by at least a factor (`native_histogram_min_bucket_factor`). */
export function schemaOfFactor(factor: number): number {
  if (factor <= 1) return MAX_EXPONENTIAL_SCHEMA;
  const schema = Math.floor(0 - Math.log2(Math.log2(factor)));
  return Math.min(MAX_EXPONENTIAL_SCHEMA, Math.max(MIN_EXPONENTIAL_SCHEMA, schema));
}

/** How many buckets a histogram is stored with. */
export function bucketCount({ positiveBuckets, negativeBuckets }: FloatHistogram): number {
  return positiveBuckets.length + negativeBuckets.length;
}

/**
 * The histogram with at most so many buckets and a schema of at most `maxSchema`, at the finest resolution that allows
 * it; `limit` 0 is none. Undefined when even the coarsest has more buckets, or it has custom ones, which cannot be joined.
 */
export function withinResolution(
  histogram: FloatHistogram,
  limit: number,
  maxSchema: number,
): FloatHistogram | undefined {
  const isOver = ({ length }: { readonly length: number }): boolean => limit > 0 && length > limit;
  if (histogram.schema === CUSTOM_BUCKETS_SCHEMA) {
    return isOver({ length: bucketCount(histogram) }) ? undefined : histogram;
  }
  let current = histogram.schema > maxSchema ? atSchema(histogram, maxSchema) : histogram;
  while (isOver({ length: bucketCount(current) })) {
    if (current.schema <= MIN_EXPONENTIAL_SCHEMA) return undefined;
    current = atSchema(current, current.schema - 1);
  }
  return current;
}

/** The same observations in the wider buckets of a lower schema. */
function atSchema(histogram: FloatHistogram, schema: number): FloatHistogram {
  const levels = histogram.schema - schema;
  const positive = joined(histogram.positiveSpans, histogram.positiveBuckets, levels);
  const negative = joined(histogram.negativeSpans, histogram.negativeBuckets, levels);
  return {
    ...histogram,
    schema,
    positiveSpans: positive.spans,
    positiveBuckets: positive.buckets,
    negativeSpans: negative.spans,
    negativeBuckets: negative.buckets,
  };
}

/** Bucket `i` has the upper bound base^i, and base is squared at every level: two buckets become one. */
function joined(
  spans: readonly HistogramSpan[],
  buckets: Float64Array,
  levels: number,
): { readonly spans: HistogramSpan[]; readonly buckets: Float64Array } {
  const indexes: number[] = [];
  const counts: number[] = [];
  let at = 0;
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      const target = ((index - 1) >> levels) + 1;
      if (indexes.at(-1) === target) counts[counts.length - 1]! += buckets[at++]!;
      else {
        indexes.push(target);
        counts.push(buckets[at++]!);
      }
    }
  }
  return { spans: spansOf(indexes), buckets: Float64Array.from(counts) };
}

function spansOf(indexes: readonly number[]): HistogramSpan[] {
  const spans: { offset: number; length: number }[] = [];
  let next = 0;
  for (const index of indexes) {
    const last = spans.at(-1);
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return spans;
}
