import { expect, test } from 'vitest';
import { TokenBucket } from './tokenBucket.ts';

test('refills steadily, never above a second, and gives what is there', () => {
  let now = 0;
  const bucket = new TokenBucket(10, () => now);
  expect(bucket.take(25)).toBe(10);
  expect([bucket.take(1), bucket.waitMs]).toEqual([0, 100]);
  now = 250;
  expect([bucket.take(5), bucket.waitMs]).toEqual([2, 50]);
  now = 60_000;
  expect([bucket.takeAll(11), bucket.takeAll(10), bucket.takeAll(1)]).toEqual([false, true, false]);
});
