import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeValues, encodeValues, maxEncodedSize } from './valueCodec.ts';

const bits = fc
  .tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 0, max: 0xffffffff }))
  .map(([low, high]) => pattern(low, high));

const special = fc.constantFrom(
  pattern(2, 0x7ff00000), // the stale marker
  pattern(1, 0x7ff80000),
  pattern(0xffffffff, 0xffffffff),
  pattern(0, 0x80000000), // -0
  pattern(1, 0), // the smallest subnormal
  pattern(0xffffffff, 0x000fffff),
  pattern(0, 0x7ff00000),
  pattern(0, 0xfff00000),
  pattern(0xffffffff, 0x7fefffff),
  ofNumber(2 ** 51),
  ofNumber(2 ** 53 - 1),
  ofNumber(-(2 ** 53) - 2),
  ofNumber(0.1 + 0.2),
  ofNumber(1e22),
  ofNumber(5e-324),
);

const decimal = fc
  .tuple(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.integer({ min: 0, max: 12 }))
  .map(([digits, places]) => ofNumber(Number(`${digits}e-${places}`)));

const shapes = fc.oneof(
  fc.array(bits, { minLength: 1, maxLength: 300 }),
  fc.array(fc.oneof(special, decimal), { minLength: 1, maxLength: 300 }),
  fc.array(fc.oneof({ weight: 20, arbitrary: decimal }, { weight: 1, arbitrary: special }), {
    minLength: 1,
    maxLength: 600,
  }),
  fc.array(
    fc.integer({ min: 0, max: 4096 }).map((n) => ofNumber(n * 4096)),
    { minLength: 1, maxLength: 300 },
  ),
  fc.array(fc.double({ min: 1e4, max: 2e4, noNaN: true }).map(ofNumber), { minLength: 1, maxLength: 300 }),
  fc.array(fc.float({ noNaN: true }).map(ofNumber), { minLength: 1, maxLength: 300 }),
);

it('gives back every bit of any floats', () => {
  fc.assert(
    fc.property(shapes, fc.nat(7), (patterns, offset) => {
      const { decoded, words } = roundTrip(patterns, offset);
      expect(decoded).toEqual(words);
    }),
    { numRuns: 2000 },
  );
});

it.each([
  ['integers that grow by a little', (i: number) => 1e6 + i * 300 + (i % 7), 1],
  ['gauges of three decimals', (i: number) => (40_000 + ((i * 7919) % 300)) / 1000, 1.4],
  ['bytes in pages of 4096', (i: number) => 4096 * (50_000 + ((i * 7919) % 200)), 1.2],
  ['a constant', () => 0.1, 0.1],
  ['single-precision noise', (i: number) => Math.fround(Math.sin(i)), 5],
])('takes few bytes for %s', (_, value, bytesPerSample) => {
  const patterns = Array.from({ length: 120 }, (_, i) => ofNumber(value(i)));
  expect(roundTrip(patterns, 0).size / 120).toBeLessThan(bytesPerSample);
});

it('keeps integers small when a stale marker ends the series', () => {
  const patterns = Array.from({ length: 119 }, (_, i) => ofNumber(i * 3));
  patterns.push(pattern(2, 0x7ff00000));
  expect(roundTrip(patterns, 0).size).toBeLessThan(50);
});

function roundTrip(patterns: readonly Float64Array[], offset: number) {
  const values = new Float64Array(patterns.length);
  patterns.forEach((value, i) => values.set(value, i));
  const words = new Uint32Array(values.buffer);
  const out = new Uint8Array(offset + maxEncodedSize(patterns.length));
  const end = encodeValues(values, words, patterns.length, out, offset);
  const result = new Float64Array(patterns.length);
  const decoded = new Uint32Array(result.buffer);
  expect(decodeValues(out.slice(0, end), offset, patterns.length, result, decoded, 0)).toBe(end);
  return { decoded, words, size: end - offset };
}

function pattern(low: number, high: number): Float64Array {
  return new Float64Array(new Uint32Array([low, high]).buffer);
}

function ofNumber(value: number): Float64Array {
  return Float64Array.of(value);
}
