import { describe, expect, test } from 'vitest';
import type { EventPage, StoredEvent } from '../api/eventTypes.ts';
import { MOST_ROWS, startRows, withLive, withNewer, withOlder, type LogRows } from './logRows.ts';

const LIMIT = 4;

function stored(offset: number): StoredEvent {
  const event = { specversion: '1.0', id: String(offset), source: 'test', type: 'plays' };
  return { offset, receivedAt: '2026-01-15T15:00:00.000Z', event, bytes: 1 };
}

/** A page of a log that holds one event at each of `offsets`, as stream-service pages it. */
function read(
  offsets: readonly number[],
  { after = -1, before = Infinity, order }: { after?: number; before?: number; order: 'asc' | 'desc' },
): EventPage {
  const found = offsets.filter((offset) => offset > after && offset < before);
  const kept = order === 'asc' ? found.slice(0, LIMIT) : found.toReversed().slice(0, LIMIT);
  const isFull = kept.length === LIMIT;
  const end = Math.max(-1, ...offsets);
  return {
    events: kept.map(stored),
    nextAfter: order === 'asc' ? (isFull ? kept.at(-1)! : Math.max(end, after)) : (kept[0] ?? null),
    nextBefore:
      order === 'desc' ? (isFull ? kept.at(-1)! : null) : (kept[0] ?? (after >= 0 ? after + 1 : null)),
    partial: false,
  };
}

const offsetsOf = (rows: LogRows): number[] => rows.events.map(({ offset }) => offset);

describe('rows of a log', () => {
  test('are, however they grow, an unbroken stretch of the log without repeats', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = generator(seed);
      let log: number[] = [];
      for (let count = random(30); count > 0; count -= 1) log = [...log, (log.at(-1) ?? -1) + 1 + random(3)];
      const order = random(2) === 0 ? 'asc' : 'desc';
      const start = order === 'asc' ? random(40) - 1 : -1;
      let rows = startRows(read(log, { order, ...(start >= 0 ? { after: start } : {}) }), order, LIMIT);
      let tailFrom: number | null = null;
      for (let step = 0; step < 25; step += 1) {
        const choice = random(3);
        if (choice === 0 && rows.before !== null) {
          rows = withOlder(rows, read(log, { before: rows.before, order: 'desc' }));
        } else if (choice === 1 && rows.after !== null) {
          rows = withNewer(rows, read(log, { after: rows.after, order: 'asc' }), LIMIT);
        } else if (choice === 2 && rows.after === null) {
          const next = Math.max(-1, ...log, start) + 1 + random(3);
          log = [...log, next];
          tailFrom ??= rows.end;
          // A tail that was opened again sends once more what came before.
          const sent = log.filter((offset) => offset > tailFrom!).map(stored);
          rows = withLive(rows, sent, random(2) === 0);
        }
        const shown = offsetsOf(rows);
        const [first, last] = [shown[0] ?? 0, shown.at(-1) ?? -1];
        expect(shown).toEqual(log.filter((offset) => offset >= first && offset <= last));
      }
      while (rows.before !== null) rows = withOlder(rows, read(log, { before: rows.before, order: 'desc' }));
      while (rows.after !== null) {
        rows = withNewer(rows, read(log, { after: rows.after, order: 'asc' }), LIMIT);
      }
      const missed = log.filter((offset) => offset > rows.end);
      expect([...offsetsOf(rows), ...missed]).toEqual(log);
    }
  });

  test('a first page from the newest end is shown oldest first, and a tail goes on after it', () => {
    const rows = startRows(read([1, 2, 3, 5, 8, 9], { order: 'desc' }), 'desc', LIMIT);
    expect(offsetsOf(rows)).toEqual([3, 5, 8, 9]);
    expect(rows).toMatchObject({ before: 3, after: null, end: 9, liveFrom: null });
    const grown = withLive(rows, [stored(9), stored(11)], false);
    expect(offsetsOf(grown)).toEqual([3, 5, 8, 9, 11]);
    expect(grown.liveFrom).toBe(9);
  });

  test('too many rows: the oldest make room, unless they are being read', () => {
    const many = Array.from({ length: MOST_ROWS }, (_, offset) => stored(offset));
    const full: LogRows = { events: many, before: null, after: null, end: MOST_ROWS - 1, liveFrom: null };
    const followed = withLive(full, [stored(MOST_ROWS)], false);
    expect(followed.events).toHaveLength(MOST_ROWS);
    expect([followed.events[0]!.offset, followed.before]).toEqual([1, 1]);
    const read = withLive(full, [stored(MOST_ROWS)], true);
    expect(read.events).toHaveLength(MOST_ROWS);
    expect([read.events[0]!.offset, read.after]).toEqual([0, MOST_ROWS - 1]);
  });
});

/** Whole numbers below a bound, the same ones for the same seed (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
