import fc from 'fast-check';
import { compress as theirCompress, uncompress as theirUncompress } from 'snappyjs';
import { expect, it } from 'vitest';
import { RemoteProtocolError } from './errors.ts';
import { compress, decompress } from './snappy.ts';

const inputs = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .array(fc.constantFrom('http_requests_total', '{job="api"}', '\n', 'x'), { maxLength: 5000 })
    .map((parts) => Buffer.from(parts.join(''))),
  fc.tuple(fc.nat(255), fc.nat(200_000)).map(([byte, length]) => new Uint8Array(length).fill(byte)),
);

it('gives back what it compressed, and understands and is understood by another implementation', () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const bytes = Uint8Array.from(input);
      expect(Buffer.from(decompress(compress(bytes), 1 << 20)).equals(bytes)).toBe(true);
      expect(Buffer.from(theirUncompress(compress(bytes))).equals(bytes)).toBe(true);
      expect(Buffer.from(decompress(theirCompress(bytes), 1 << 20)).equals(bytes)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('compresses what repeats', () => {
  const text = Buffer.from('http_requests_total{job="api",instance="host-1:9100"} '.repeat(1000));
  expect(compress(text).length).toBeLessThan(text.length / 10);
});

it('never reads or writes outside of its input, whatever the input', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (garbage) => {
      try {
        expect(decompress(garbage, 1 << 16).length).toBeLessThanOrEqual(1 << 16);
      } catch (error) {
        expect(error).toBeInstanceOf(RemoteProtocolError);
      }
    }),
    { numRuns: 5000 },
  );
});

it('refuses a bomb before it allocates for it', () => {
  const announces4GiB = Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]);
  expect(() => decompress(announces4GiB, 1 << 20)).toThrow(/at most 1048576 bytes/);
  expect(() => decompress(announces4GiB, 2 ** 33)).toThrow(/cannot become/);
});
