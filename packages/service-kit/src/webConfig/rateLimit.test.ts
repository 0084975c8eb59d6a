import { FakeClock } from '@binnacle/testing';
import { expect, test } from 'vitest';
import { RateLimit } from './rateLimit.ts';

test('a burst passes at once, then one request for each interval', () => {
  const clock = new FakeClock();
  const limit = new RateLimit(1000, 3, clock);
  const taken = () => Array.from({ length: 5 }, () => limit.take());
  expect(taken()).toEqual([true, true, true, false, false]);
  clock.advance(999);
  expect(limit.take()).toBe(false);
  clock.advance(1);
  expect(taken()).toEqual([true, false, false, false, false]);
  clock.advance(60_000);
  expect(taken()).toEqual([true, true, true, false, false]);
});

test('an interval of 0 limits nothing', () => {
  const limit = new RateLimit(0, 0, new FakeClock());
  expect(Array.from({ length: 100 }, () => limit.take())).not.toContain(false);
});
