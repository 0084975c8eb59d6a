import { CUSTOM_BUCKETS_SCHEMA, NO_BUCKETS, type FloatHistogram } from '@binnacle/model';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HistogramAccumulator, MixedSchemasError } from './accumulator.ts';
import { combineHistograms, divideHistogram, multiplyHistogram } from './arithmetic.ts';
import { exponentialBound } from './bounds.ts';
import { allBuckets, compact, toSpans } from './buckets.ts';
import { histogramsEqual, isCounterReset } from './compare.ts';
import { nativeFraction, nativeQuantile } from './nativeQuantile.ts';
import { histogramText } from './text.ts';
import { trimHistogram } from './trim.ts';

/** The histogram that a list of observations gives. */
function observe(values: readonly number[], schema: number, zeroThreshold: number): FloatHistogram {
  const positive = new Map<number, number>();
  const negative = new Map<number, number>();
  let zeroCount = 0;
  for (const value of values) {
    const magnitude = Math.abs(value);
    if (magnitude <= zeroThreshold) {
      zeroCount++;
      continue;
    }
    let index = Math.ceil(Math.log2(magnitude) * 2 ** schema);
    while (exponentialBound(index - 1, schema) >= magnitude) index--;
    while (exponentialBound(index, schema) < magnitude) index++;
    const side = value > 0 ? positive : negative;
    side.set(index, (side.get(index) ?? 0) + 1);
  }
  const { spans: positiveSpans, buckets: positiveBuckets } = toSpans(positive);
  const { spans: negativeSpans, buckets: negativeBuckets } = toSpans(negative);
  return {
    schema,
    zeroThreshold,
    zeroCount,
    count: values.length,
    sum: values.reduce((a, b) => a + b, 0),
    positiveSpans,
    positiveBuckets,
    negativeSpans,
    negativeBuckets,
    customValues: NO_BUCKETS,
    counterResetHint: 'unknown',
  };
}

const observations = fc.array(
  fc.integer({ min: -400, max: 400 }).map((value) => value / 8),
  { maxLength: 30 },
);
const schema = fc.integer({ min: -2, max: 6 });
const threshold = fc.constantFrom(0, 0.125, 1, 3);

describe('bounds', () => {
  it('are exact powers of two', () => {
    expect(exponentialBound(-1074, 0)).toBe(Number.MIN_VALUE);
    expect(exponentialBound(1024, 0)).toBe(Number.MAX_VALUE);
    expect(exponentialBound(256 * 1024, 8)).toBe(Number.MAX_VALUE);
    expect(exponentialBound(3, -2)).toBe(4096);
    expect(exponentialBound(1, 1)).toBe(Math.SQRT2);
    expect(exponentialBound(-1, 1)).toBe(Math.SQRT1_2);
  });

  it('of one schema are every second one of the next', () => {
    fc.assert(
      fc.property(fc.integer({ min: -2000, max: 2000 }), fc.integer({ min: 0, max: 7 }), (index, lower) => {
        expect(exponentialBound(index, lower)).toBe(exponentialBound(2 * index, lower + 1));
      }),
    );
  });
});

describe('adding', () => {
  it('gives the histogram of all observations, in the coarser layout', () => {
    fc.assert(
      fc.property(observations, observations, schema, schema, threshold, (a, b, s, t, zero) => {
        const { histogram } = combineHistograms(observe(a, s, zero), observe(b, t, zero), 1);
        const expected = observe([...a, ...b], Math.min(s, t), zero);
        expect(histogramText(histogram)).toBe(histogramText({ ...expected, sum: histogram.sum }));
        expect(histogram.sum).toBeCloseTo(expected.sum, 9);
      }),
    );
  });

  it('widens the zero bucket without losing observations, whichever comes first', () => {
    fc.assert(
      fc.property(observations, observations, schema, threshold, threshold, (a, b, s, y, z) => {
        const [left, right] = [observe(a, s, y), observe(b, s, z)];
        const { histogram } = combineHistograms(left, right, 1);
        const total = allBuckets(histogram).reduce((sum, bucket) => sum + bucket.count, 0);
        expect(total).toBe(a.length + b.length);
        expect(histogram.zeroThreshold).toBeGreaterThanOrEqual(Math.max(y, z));
        const turned = combineHistograms(right, left, 1).histogram;
        expect(histogramText(turned)).toBe(histogramText(histogram));
        expect(turned.zeroThreshold).toBe(histogram.zeroThreshold);
      }),
    );
  });

  it('and taking away again leaves what was there', () => {
    fc.assert(
      fc.property(observations, observations, schema, threshold, (a, b, s, zero) => {
        const sum = combineHistograms(observe(a, s, zero), observe(b, s, zero), 1).histogram;
        const rest = combineHistograms(sum, observe(b, s, zero), -1).histogram;
        const expected = compact(observe(a, s, zero));
        expect(histogramText({ ...rest, sum: 0 })).toBe(histogramText({ ...expected, sum: 0 }));
      }),
    );
  });

  it('keeps the custom bounds that both have', () => {
    const custom = (customValues: number[], counts: number[]): FloatHistogram => ({
      ...observe([], 0, 0),
      schema: CUSTOM_BUCKETS_SCHEMA,
      customValues: Float64Array.from(customValues),
      count: counts.reduce((a, b) => a + b),
      positiveSpans: [{ offset: 0, length: counts.length }],
      positiveBuckets: Float64Array.from(counts),
    });
    const { histogram, combined } = combineHistograms(
      custom([1, 2, 4], [1, 2, 3, 4]),
      custom([2, 3, 4], [5, 6, 7, 8]),
      1,
    );
    expect(combined.boundsReconciled).toBe(true);
    expect(histogramText(histogram)).toBe('{count:36, sum:0, [-Inf,2]:8, (2,4]:16, (4,+Inf]:12}');
    expect(() => combineHistograms(histogram, observe([1], 0, 0), 1)).toThrow(MixedSchemasError);
  });

  it('keeps what rounding loses when that is asked for', () => {
    const sum = new HistogramAccumulator({ ...observe([], 0, 0), sum: 1e100 }, true);
    sum.add({ ...observe([], 0, 0), sum: 1 });
    sum.add({ ...observe([], 0, 0), sum: -1e100 });
    expect(sum.finish().sum).toBe(1);
  });

  it.each([
    ['unknown', 'reset', 'unknown', false],
    ['reset', 'not_reset', 'unknown', true],
    ['not_reset', 'not_reset', 'not_reset', false],
    ['gauge', 'reset', 'gauge', false],
    ['not_reset', 'gauge', 'gauge', false],
  ] as const)('of %s and %s is %s', (left, right, hint, collision) => {
    const { histogram, combined } = combineHistograms(
      { ...observe([1], 0, 0), counterResetHint: left },
      { ...observe([1], 0, 0), counterResetHint: right },
      1,
    );
    expect(histogram.counterResetHint).toBe(hint);
    expect(combined.hintCollision).toBe(collision);
  });
});

it('scaling by a number and back changes nothing', () => {
  fc.assert(
    fc.property(observations, schema, threshold, fc.constantFrom(2, 4, 0.5), (values, s, zero, factor) => {
      const h = observe(values, s, zero);
      expect(histogramsEqual(divideHistogram(multiplyHistogram(h, factor), factor), h)).toBe(true);
    }),
  );
  expect(multiplyHistogram(observe([1], 0, 0), -1).counterResetHint).toBe('gauge');
  expect(histogramText(divideHistogram(observe([1], 0, 0), 0))).toBe('{count:+Inf, sum:+Inf}');
});

describe('counter resets', () => {
  it('are none when observations are added, in the same or a coarser layout', () => {
    fc.assert(
      fc.property(observations, observations, schema, schema, threshold, (a, b, s, t, zero) => {
        const before = observe(a, Math.max(s, t), zero);
        expect(isCounterReset(observe([...a, ...b], Math.min(s, t), zero), before)).toBe(false);
      }),
    );
  });

  it('are seen in any bucket that has lost an observation', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 }),
        schema,
        (values, s) => {
          const [, ...rest] = values;
          // Another observation far away hides the loss from the count.
          expect(isCounterReset(observe([...rest, 1e9], s, 0), observe(values, s, 0))).toBe(true);
        },
      ),
    );
  });

  it('are what the hint says', () => {
    const h = observe([1, 2], 0, 0);
    expect(isCounterReset({ ...h, counterResetHint: 'reset' }, h)).toBe(true);
    expect(isCounterReset({ ...observe([], 0, 0), counterResetHint: 'not_reset' }, h)).toBe(false);
    expect(isCounterReset(observe([1, 2], 1, 0), h)).toBe(true);
    expect(isCounterReset(observe([1, 2], 0, 0.1), { ...h, zeroThreshold: 0.5 })).toBe(true);
  });
});

describe('quantiles and fractions', () => {
  it('of a value lie in the bucket of that rank', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }),
        schema,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, s, q) => {
          const { value } = nativeQuantile(q, observe(values, s, 0));
          const sorted = [...values].sort((a, b) => a - b);
          const rank = Math.max(1, Math.ceil(q * values.length - 1e-9));
          const width = 2 ** (2 ** -s) * (1 + 1e-9);
          expect(value).toBeLessThanOrEqual(sorted[Math.min(values.length - 1, rank)]! * width);
          expect(value).toBeGreaterThanOrEqual(sorted[Math.max(0, rank - 2)]! / width);
        },
      ),
    );
  });

  it('agree with trimming', () => {
    fc.assert(
      fc.property(
        observations,
        schema,
        threshold,
        fc.integer({ min: -60, max: 60 }),
        (values, s, zero, cut) => {
          fc.pre(values.length > 0);
          const h = observe(values, s, zero);
          const below = trimHistogram(h, '</', cut);
          const above = trimHistogram(h, '>/', cut);
          expect(below.count + above.count).toBeCloseTo(h.count, 6);
          expect(below.count).toBeCloseTo(nativeFraction(-Infinity, cut, h).value * h.count, 6);
          expect(above.count).toBeCloseTo(nativeFraction(cut, Infinity, h).value * h.count, 6);
        },
      ),
    );
  });
});
