import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { exceptionId, sha256Hex } from './exceptionId.ts';
import { keyToSegment, segmentToKey } from './keySegment.ts';

test('sha256Hex equals the reference for every length around the block borders', () => {
  for (const length of [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 31 + length) % 256);
    expect(sha256Hex(bytes)).toBe(createHash('sha256').update(bytes).digest('hex'));
  }
});

test('exceptionId hashes service, NUL and key', () => {
  const expected = createHash('sha256').update('tracks\0TypeError@1f').digest('hex').slice(0, 32);
  expect(exceptionId('tracks', 'TypeError@1f')).toBe(expected);
});

test.each(['TypeError@1f', '', '.', '..', '~', '~Lg', 'a//b?c#d%2F', 'ünï 💥\n', '...'])(
  'key %j survives its path segment',
  (key) => {
    const segment = keyToSegment(key);
    expect(segmentToKey(decodeURIComponent(encodeURIComponent(segment)))).toBe(key);
    expect(['', '.', '..']).not.toContain(segment);
  },
);
