import { CUSTOM_BUCKETS_SCHEMA, NO_BUCKETS } from '@binnacle/model';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { StoredHistogram } from '../codec/histogramCodec.ts';
import { decodeHistogramChunk, encodeHistogramChunk } from './histogramChunk.ts';
import { decodeXorChunk, encodeXorChunk } from './xor.ts';

const word = fc.integer({ min: 0, max: 0xffffffff });
const bits = fc.oneof(
  fc.tuple(word, word),
  fc.constantFrom([2, 0x7ff00000], [0, 0x80000000], [1, 0], [0, 0x7ff00000], [0xffffffff, 0xffffffff]),
  fc.double().map((value) => [...new Uint32Array(Float64Array.of(value).buffer)]),
);
const step = fc.oneof(
  fc.constant(15_000),
  fc.integer({ min: 1, max: 2 ** 14 }),
  fc.integer({ min: 1, max: 2 ** 21 }),
  fc.integer({ min: 1, max: 2 ** 40 }),
);

it('gives back every bit of an XOR chunk', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(step, bits), { minLength: 1, maxLength: 130 }),
      fc.integer({ min: -(2 ** 40), max: 2 ** 41 }),
      (samples, start) => {
        const times = new Float64Array(samples.length);
        samples.forEach(([by], i) => (times[i] = (i === 0 ? start : times[i - 1]!) + by));
        const words = Uint32Array.from(samples.flatMap(([, value]) => value));
        const decoded: number[] = [];
        decodeXorChunk(encodeXorChunk(times, words, 0, samples.length), (time, low, high) => {
          decoded.push(time, low, high);
        });
        expect(decoded).toEqual(samples.flatMap((_, i) => [times[i]!, words[2 * i]!, words[2 * i + 1]!]));
      },
    ),
    { numRuns: 500 },
  );
});

const layout = fc.record({
  zeroThreshold: fc.constantFrom(0, 2 ** -128, 2 ** -243, 2 ** 10, 2 ** -244, 2 ** 11, 0.001, 0.3),
  schema: fc.integer({ min: -4, max: 8 }),
  spans: fc.array(fc.record({ offset: fc.nat(70), length: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 4,
  }),
  bounds: fc.array(
    fc.oneof(
      fc.nat(100_000).map((n) => n / 1000),
      fc.double({ noNaN: true }),
    ),
    { maxLength: 12 },
  ),
  isCustom: fc.boolean(),
});
const count = fc.oneof(fc.nat(10), fc.nat(1e6), fc.integer({ min: 0, max: 2 ** 50 }));

it.each([true, false])('gives back histograms of a chunk with integer counts: %s', (isInteger) => {
  fc.assert(
    fc.property(
      layout,
      fc.array(fc.tuple(step, fc.array(count, { minLength: 40, maxLength: 40 }), fc.double()), {
        minLength: 1,
        maxLength: 20,
      }),
      ({ zeroThreshold, schema, spans, bounds, isCustom }, rows) => {
        const size = spans.reduce((total, { length }) => total + length, 0);
        const scale = isInteger ? 1 : 0.37;
        const times: number[] = [];
        const samples = rows.map(([by, counts, sum], i): StoredHistogram => {
          times.push((times[i - 1] ?? 1.7e12) + by);
          const values = counts.map((n) => n * scale);
          return {
            isInteger,
            histogram: {
              schema: isCustom ? CUSTOM_BUCKETS_SCHEMA : schema,
              zeroThreshold,
              count: values[0]!,
              zeroCount: values[1]!,
              sum,
              positiveSpans: spans,
              negativeSpans: isCustom ? [] : spans,
              positiveBuckets: size === 0 ? NO_BUCKETS : Float64Array.from(values.slice(2, 2 + size)),
              negativeBuckets:
                isCustom || size === 0 ? NO_BUCKETS : Float64Array.from(values.slice(20, 20 + size)),
              customValues: isCustom ? Float64Array.from(bounds) : NO_BUCKETS,
              counterResetHint: i === 0 ? 'reset' : 'not_reset',
            },
          };
        });
        const decoded: [number, StoredHistogram][] = [];
        decodeHistogramChunk(
          encodeHistogramChunk(times, samples),
          isInteger,
          (...sample) => void decoded.push(sample),
        );
        expect(decoded).toEqual(samples.map((sample, i) => [times[i], sample]));
      },
    ),
    { numRuns: 300 },
  );
});
