import { CUSTOM_BUCKETS_SCHEMA, NO_BUCKETS, type FloatHistogram } from '@binnacle/model';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bucketCount, schemaOfFactor, withinResolution } from './histogramResolution.ts';

/** Observations above zero as a histogram, bucket by bucket, by the definition: base^(i-1) < value <= base^i. */
function histogram(values: readonly number[], schema: number): FloatHistogram {
  const counts = new Map<number, number>();
  for (const value of values) {
    const index = Math.ceil(Math.round(Math.log2(value) * 2 ** schema * 1e6) / 1e6);
    counts.set(index, (counts.get(index) ?? 0) + 1);
  }
  const indexes = [...counts.keys()].sort((a, b) => a - b);
  const spans = indexes.map((index, i) => ({
    offset: i === 0 ? index : index - indexes[i - 1]! - 1,
    length: 1,
  }));
  return {
    schema,
    count: values.length,
    sum: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positiveSpans: spans,
    positiveBuckets: Float64Array.from(indexes, (index) => counts.get(index)!),
    negativeSpans: [],
    negativeBuckets: NO_BUCKETS,
    customValues: NO_BUCKETS,
    counterResetHint: 'unknown',
  };
}

/** Counts by the index of their bucket. */
function counts({ positiveSpans, positiveBuckets }: FloatHistogram): [number, number][] {
  const found: [number, number][] = [];
  let index = 0;
  for (const { offset, length } of positiveSpans) {
    index += offset;
    for (let i = 0; i < length; i++) found.push([index++, positiveBuckets[found.length]!]);
  }
  return found;
}

it('joins buckets as if the observations had been counted with the lower schema', () => {
  const values = fc.array(
    fc.double({ min: -20, max: 20, noNaN: true }).map((x) => 2 ** (Math.round(x * 100) / 100 + 0.001)),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(
      values,
      fc.integer({ min: -2, max: 3 }),
      fc.integer({ min: 0, max: 4 }),
      (list, low, levels) => {
        const reduced = withinResolution(histogram(list, low + levels), 0, low)!;
        expect(reduced.schema).toBe(low);
        expect(counts(reduced)).toEqual(counts(histogram(list, low)));
      },
    ),
  );
});

it('goes only as far as the limit asks, and not beyond the coarsest', () => {
  const wide = histogram([1, 1.1, 1.2, 1.5, 2, 3, 4, 8, 16, 1e30], 3);
  const reduced = withinResolution(wide, 6, 8)!;
  expect(bucketCount(reduced)).toBeLessThanOrEqual(6);
  expect(bucketCount(withinResolution(wide, 0, reduced.schema + 1)!)).toBeGreaterThan(6);
  expect(withinResolution(wide, 20, 8)).toBe(wide);
  expect(withinResolution(wide, 1, 8)).toBeUndefined();
  expect(withinResolution({ ...wide, schema: CUSTOM_BUCKETS_SCHEMA }, 6, 8)).toBeUndefined();
});

it.each([
  [0, 8],
  [1.0027, 8],
  [1.1, 2],
  [2, 0],
  [4, -1],
  [1e9, -4],
])('buckets that grow by %d and more are of schema %d', (factor, schema) => {
  expect(schemaOfFactor(factor)).toBe(schema);
});
