import { expect, test } from 'vitest';
import { NO_CHANGES, withChanges } from './liveChanges.ts';
import type { ExceptionChange } from './types.ts';

const change = (id: string, kind: ExceptionChange['kind']): ExceptionChange => ({
  id,
  service: 's',
  key: id,
  status: 'new',
  kind,
  at: '2026-01-15T14:00:00Z',
});

test('tells what appeared from what was merely counted', () => {
  const after = withChanges(
    NO_CHANGES,
    [change('a', 'first_seen'), change('b', 'regressed'), change('c', 'count'), change('d', 'resolved')],
    7,
  );
  expect([...after.appeared.keys()]).toEqual(['a', 'b']);
  expect([...after.counted]).toEqual([['c', 7]]);
});

test('a part in which nothing changed stays the same, so that nobody draws it again', () => {
  const before = withChanges(NO_CHANGES, [change('a', 'first_seen')], 1);
  const after = withChanges(before, [change('a', 'count'), change('a', 'count')], 2);
  expect(after.appeared).toBe(before.appeared);
  expect([...after.counted]).toEqual([['a', 2]]);
});

test('the oldest make room', () => {
  const many = Array.from({ length: 2500 }, (_, index) => change(String(index), 'count'));
  const { counted } = withChanges(NO_CHANGES, many, 1);
  expect([counted.size, counted.has('499'), counted.has('500')]).toEqual([2000, false, true]);
});
