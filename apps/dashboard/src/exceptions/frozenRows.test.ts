import { describe, expect, test } from 'vitest';
import type { ExceptionSummary } from '../api/types.ts';
import { advanceRows, NO_ROWS, type FrozenRows } from './frozenRows.ts';

const item = (id: string, count = 1): ExceptionSummary => ({ id, count }) as ExceptionSummary;
const ids = (state: FrozenRows): string[] => state.rows.map((row) => row.item.id);

describe('advanceRows', () => {
  const first = advanceRows(NO_ROWS, 'k', { items: [item('a'), item('b')], fetchedAt: 0, pageCount: 1 }, 10);
  const fresh = advanceRows(first, 'k', { items: [item('b'), item('a')], fetchedAt: 20, pageCount: 1 }, 21);

  test('follows cached answers until the first one after the reset', () => {
    expect([first.frozen, ids(first)]).toEqual([false, ['a', 'b']]);
    expect([fresh.frozen, ids(fresh)]).toEqual([true, ['b', 'a']]);
  });

  test('a background answer updates in place, keeps what left and holds back what came', () => {
    const next = advanceRows(fresh, 'k', { items: [item('c'), item('a', 7)], fetchedAt: 30, pageCount: 1 }, 31);
    expect(ids(next)).toEqual(['b', 'a']);
    expect(next.rows.map((row) => [row.item.count, row.fetchedAt])).toEqual([[1, 20], [7, 30]]);
    expect(next.heldBack).toEqual(['c']);
  });

  test('a further page is appended', () => {
    const next = advanceRows(fresh, 'k', { items: [item('b'), item('a'), item('c')], fetchedAt: 30, pageCount: 2 }, 31);
    expect([ids(next), next.heldBack]).toEqual([['b', 'a', 'c'], []]);
  });

  test('the same answer changes nothing, a new key starts afresh', () => {
    const same = { items: [item('b'), item('a')], fetchedAt: 20, pageCount: 1 };
    expect(advanceRows(fresh, 'k', same, 40)).toBe(fresh);
    const reset = advanceRows(fresh, 'k2', { items: [item('z')], fetchedAt: 25, pageCount: 1 }, 50);
    expect([ids(reset), reset.frozen]).toEqual([['z'], false]);
  });
});
