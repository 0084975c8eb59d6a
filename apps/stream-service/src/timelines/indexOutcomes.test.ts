import { expect, it } from 'vitest';
import { IndexOutcomes } from './indexOutcomes.ts';

it('tells what each event did, in the order of its operations', () => {
  const outcomes = new IndexOutcomes();
  outcomes.record(7, [2, 0, 3], ['applied', 'refused', 'noop', 'applied', 'refused']);
  expect(outcomes.of(7)).toEqual(['changed', 'evicted']);
  expect(outcomes.of(8)).toEqual([]);
  expect(outcomes.of(9)).toEqual(['no-op', 'changed', 'evicted']);
  expect(outcomes.of(10)).toBeUndefined();
});

it('knows what a write changed that failed in part and was repeated', () => {
  const outcomes = new IndexOutcomes();
  outcomes.record(0, [2, 1], ['applied', 'failed', 'failed']);
  expect(outcomes.of(0)).toEqual(['changed']);
  outcomes.record(0, [2, 1], ['noop', 'applied', 'noop']);
  expect([outcomes.of(0), outcomes.of(1)]).toEqual([['changed', 'changed'], ['no-op']]);
});

it('forgets the oldest, and never mistakes them for newer ones', () => {
  const outcomes = new IndexOutcomes();
  outcomes.record(0, [1], ['applied']);
  outcomes.record(65_536, [1], ['noop']);
  expect(outcomes.of(0)).toBeUndefined();
  expect(outcomes.of(65_536)).toEqual(['no-op']);
});
