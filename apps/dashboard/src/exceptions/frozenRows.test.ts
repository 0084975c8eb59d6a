import { describe, expect, test } from 'vitest';
import type { ExceptionSummary } from '../api/types.ts';
import { advanceRows, NO_ROWS, type Answer, type FrozenRows } from './frozenRows.ts';

const answer = (
  fetchedAt: number,
  ids: string,
  { settled = true, pageCount = 1, count = 1 } = {},
): Answer => ({
  items: Array.from(ids, (id) => ({ id, count }) as ExceptionSummary),
  fetchedAt,
  pageCount,
  settled,
});
const ids = (state: FrozenRows): string => state.rows.map((row) => row.item.id).join('');

describe('advanceRows', () => {
  const cached = advanceRows(NO_ROWS, 'k', answer(1, 'ab', { settled: false }));
  const fresh = advanceRows(cached, 'k', answer(20, 'ba'));

  test('follows the answers until one has settled', () => {
    expect([cached.frozen, ids(cached)]).toEqual([false, 'ab']);
    expect(advanceRows(cached, 'k', answer(1, 'ab', { settled: false }))).toBe(cached);
    expect([fresh.frozen, ids(fresh)]).toEqual([true, 'ba']);
  });

  test('an answer that settles without another one freezes what is shown', () => {
    expect(advanceRows(cached, 'k', answer(1, 'ab')).frozen).toBe(true);
  });

  test('a background answer updates in place, keeps what left and holds back what came', () => {
    const next = advanceRows(fresh, 'k', answer(30, 'ca', { count: 7 }));
    expect(ids(next)).toBe('ba');
    expect(next.rows.map((row) => [row.item.count, row.fetchedAt])).toEqual([
      [1, 20],
      [7, 30],
    ]);
    expect(next.heldBack).toEqual(['c']);
  });

  test('a further page is appended', () => {
    const next = advanceRows(fresh, 'k', answer(30, 'bac', { pageCount: 2 }));
    expect([ids(next), next.heldBack]).toEqual(['bac', []]);
  });

  test('the same answer changes nothing, a new key starts afresh', () => {
    expect(advanceRows(fresh, 'k', answer(20, 'ba'))).toBe(fresh);
    const reset = advanceRows(fresh, 'k2', answer(25, 'z', { settled: false }));
    expect([ids(reset), reset.frozen]).toEqual(['z', false]);
  });
});
