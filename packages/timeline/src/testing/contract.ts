import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MergedReadOptions, Operation, Position, ReadOptions, TimelineStore } from '../contract.ts';
import { MAX_KEY_BYTES } from '../validate.ts';
import { insert, remove } from './operations.ts';

const CAPACITY = 5;

/** What every store must do. `open` gives an empty store of the capacity. */
export function contractSuite(open: (capacity: number) => Promise<TimelineStore>): void {
  describe('contract', () => {
    let store: TimelineStore;
    beforeEach(async () => {
      store = await open(CAPACITY);
    });
    afterEach(() => store.close());

    const statuses = async (...operations: Operation[]) => (await store.write(operations)).statuses;
    const read = async (options: Partial<ReadOptions> = {}, key = 'k') => {
      const [result] = await store.read([key], { limit: 100, ...options });
      if (result === undefined || 'error' in result) throw new Error('the key could not be read');
      return result.entries.map(show);
    };

    test('the higher score wins; on a tie the delete does', async () => {
      expect(await statuses(insert(2, 'a'), insert(1, 'a'), insert(2, 'a'), insert(3, 'a'))).toEqual([
        'applied',
        'noop',
        'noop',
        'applied',
      ]);
      expect(await read()).toEqual(['a@3']);
      expect(await statuses(remove(2, 'a'), remove(3, 'a'), remove(3, 'a'), insert(3, 'a'))).toEqual([
        'noop',
        'applied',
        'noop',
        'noop',
      ]);
      expect(await read()).toEqual([]);
      expect(await statuses(insert(3.5, 'a'))).toEqual(['applied']);
      expect(await store.state('k')).toEqual({ live: [{ score: 3.5, member: 'a' }], tombstones: [] });
    });

    test('reads newest first; equal scores by member bytes, highest first', async () => {
      await store.write([
        insert(1, 'b'),
        insert(1, '\xff'),
        insert(1, ''),
        insert(-2, 'z'),
        insert(7.25, 'a'),
      ]);
      expect(await read()).toEqual(['a@7.25', '\xff@1', 'b@1', '@1', 'z@-2']);
    });

    test('-0 is 0, and scores keep every bit', async () => {
      await store.write([
        insert(-0, 'zero'),
        insert(2.01, 'a'),
        insert(5e-324, 'tiny'),
        insert(1.7976931348623157e308, 'huge'),
      ]);
      const { live } = await store.state('k');
      expect(live.map(({ score }) => score)).toEqual([1.7976931348623157e308, 2.01, 5e-324, 0]);
      expect(Object.is(live[3]?.score, 0)).toBe(true);
    });

    test('evicts the oldest, raises the floor, and refuses what lies at or below it', async () => {
      const result = await store.write([1, 2, 3, 4, 5, 6, 7].map((n) => insert(n, `m${n}`)));
      expect(result).toMatchObject({ statuses: Array(7).fill('applied'), evicted: 2 });
      expect((await store.state('k')).floor).toEqual({ score: 2, member: 'm2' });
      expect(await statuses(insert(2, 'm2'), insert(1.5, 'x'), remove(2, 'a'))).toEqual([
        'refused',
        'refused',
        'refused',
      ]);
      expect(await statuses(insert(2.5, 'm3'))).toEqual(['noop']);
      expect(await read({}, 'k')).toEqual(['m7@7', 'm6@6', 'm5@5', 'm4@4', 'm3@3']);
    });

    test('an operation older than all of a full timeline is refused and raises the floor', async () => {
      await store.write([3, 4, 5, 6, 7].map((n) => insert(n, `m${n}`)));
      const result = await store.write([insert(1, 'old')]);
      expect(result).toMatchObject({ statuses: ['refused'], evicted: 0 });
      expect((await store.state('k')).floor).toEqual({ score: 1, member: 'old' });
    });

    test('a delete works in a full timeline and its tombstone counts against the capacity', async () => {
      await store.write([1, 2, 3, 4, 5].map((n) => insert(n, `m${n}`)));
      expect(await statuses(remove(2.5, 'm2'), remove(6, 'never-seen'))).toEqual(['applied', 'applied']);
      expect(await read()).toEqual(['m5@5', 'm4@4', 'm3@3']);
      const { tombstones, floor } = await store.state('k');
      expect(tombstones.map(show)).toEqual(['never-seen@6', 'm2@2.5']);
      expect(floor).toEqual({ score: 1, member: 'm1' });
    });

    test('a replayed insert of an evicted tombstone does not come back', async () => {
      await store.write([insert(50, 'a'), remove(100, 'a')]);
      await store.write([101, 102, 103, 104, 105].map((n) => remove(n, `m${n}`)));
      expect(await statuses(insert(50, 'a'))).toEqual(['refused']);
      expect(await read()).toEqual([]);
    });

    test('offset, limit, before, after and from choose the part that is read', async () => {
      await store.write([insert(1, 'a'), insert(2, 'b'), insert(2, 'c'), insert(2, 'd'), insert(3, 'e')]);
      expect(await read({ limit: 2 })).toEqual(['e@3', 'd@2']);
      expect(await read({ limit: 2, offset: 1 })).toEqual(['d@2', 'c@2']);
      expect(await read({ before: { score: 2, member: 'd' } })).toEqual(['c@2', 'b@2', 'a@1']);
      expect(await read({ before: { score: 2, member: 'cc' } })).toEqual(['c@2', 'b@2', 'a@1']);
      expect(await read({ before: { score: 2.5, member: '' }, limit: 1, offset: 1 })).toEqual(['c@2']);
      expect(await read({ after: { score: 2, member: 'b' } })).toEqual(['e@3', 'd@2', 'c@2']);
      expect(await read({ after: { score: 2, member: 'b' }, from: 'oldest', limit: 2 })).toEqual([
        'd@2',
        'c@2',
      ]);
      expect(await read({ from: 'oldest', limit: 2, offset: 1 })).toEqual(['c@2', 'b@2']);
      expect(
        await read({
          before: { score: 3, member: 'e' },
          after: { score: 2, member: 'b' },
          from: 'oldest',
          limit: 1,
        }),
      ).toEqual(['c@2']);
      expect(await read({ before: { score: 1, member: 'a' } })).toEqual([]);
      expect(await read({ after: { score: 3, member: 'e' }, from: 'oldest' })).toEqual([]);
      expect(await read({ before: { score: 2, member: 'd', key: 'z' } })).toEqual([
        'd@2',
        'c@2',
        'b@2',
        'a@1',
      ]);
      expect(await read({ after: { score: 2, member: 'd', key: 'A' } })).toEqual(['e@3', 'd@2']);
    });

    test('keys answer one by one, in the order asked, also when empty or asked twice', async () => {
      await store.write([insert(1, 'a', 'x'), insert(2, 'b', '\x00}{\xff')]);
      const results = await store.read(['\x00}{\xff', 'none', 'x', 'x'], { limit: 10 });
      expect(results).toEqual([
        { key: '\x00}{\xff', entries: [{ score: 2, member: 'b' }], unanswered: [] },
        { key: 'none', entries: [], unanswered: [] },
        { key: 'x', entries: [{ score: 1, member: 'a' }], unanswered: [] },
        { key: 'x', entries: [{ score: 1, member: 'a' }], unanswered: [] },
      ]);
    });

    test('merged reads order all keys by score, member and key, and page without loss or repetition', async () => {
      const operations: Operation[] = [];
      for (let k = 0; k < 12; k++) {
        for (let n = 0; n < 5; n++)
          operations.push(insert((k * 7 + n * 3) % 6, n % 2 === 0 ? 'same' : `m${n}`, `key${k}`));
      }
      await store.write(operations);
      const keys = Array.from({ length: 13 }, (_, k) => `key${k}`);
      const merged = async (options: Partial<MergedReadOptions> = {}) => {
        const result = await store.readMerged([...keys, 'key0'], { limit: 1000, ...options });
        expect(result).toMatchObject({ missing: [], errors: new Map(), unanswered: [] });
        return result.entries.map((entry) => `${show(entry)}/${entry.key}`);
      };
      const each = await store.read(keys, { limit: 100 });
      const all = each.flatMap((result) =>
        'error' in result ? [] : result.entries.map((e) => ({ ...e, key: result.key })),
      );
      all.sort((a, b) => b.score - a.score || order(b.member, a.member) || order(b.key, a.key));
      const expected = all.map((entry) => `${show(entry)}/${entry.key}`);
      expect(await merged()).toEqual(expected);
      expect(await merged({ limit: 7, offset: 5 })).toEqual(expected.slice(5, 12));
      expect(await merged({ limit: 7, offset: 2, from: 'oldest' })).toEqual(expected.slice(-9, -2));
      for (let at = 0; at + 4 < all.length; at += 4) {
        expect(await merged({ limit: 4, before: all[at]! })).toEqual(expected.slice(at + 1, at + 5));
      }
      expect(await merged({ limit: 4, after: all[9]!, from: 'oldest' })).toEqual(expected.slice(5, 9));
    });

    test('a merge joins states, and a floor alone ages entries out for good', async () => {
      await store.write([insert(1, 'a'), insert(2, 'b'), insert(3, 'c')]);
      await store.merge('k', { live: [{ score: 4, member: 'b' }], tombstones: [{ score: 3, member: 'c' }] });
      expect(await read()).toEqual(['b@4', 'a@1']);
      await store.merge('k', { live: [], tombstones: [], floor: { score: 3, member: 'c' } });
      expect(await store.state('k')).toEqual({
        live: [{ score: 4, member: 'b' }],
        tombstones: [],
        floor: { score: 3, member: 'c' },
      });
      expect(await statuses(insert(3, 'a'))).toEqual(['refused']);
    });

    test('a scan finds every key, tombstones and bare floors included', async () => {
      const names = Array.from({ length: 23 }, (_, i) => `key\x00${i}`);
      await store.write(names.map((key, i) => (i % 2 === 0 ? insert(1, 'a', key) : remove(1, 'a', key))));
      await store.merge('floor-only', { live: [], tombstones: [], floor: { score: 1, member: '' } });
      await store.write([insert(1, 'a', ''), insert(1, 'a', '}odd'), insert(1, 'a', '~odd')]);
      const found = new Set<string>();
      let cursor: string | undefined;
      do {
        const page = await store.keys(cursor, 5);
        for (const key of page.keys) found.add(key);
        cursor = page.next;
      } while (cursor !== undefined);
      expect([...found].sort()).toEqual([...names, 'floor-only', '', '}odd', '~odd'].sort());
    });

    test('refuses what it cannot keep, and writes nothing of that call', async () => {
      for (const bad of [
        insert(NaN, 'a'),
        insert(Infinity, 'a'),
        insert(1, '\u0100'),
        insert(1, 'a', '€'),
        insert(1, 'a', 'k'.repeat(MAX_KEY_BYTES + 1)),
        { ...insert(1, 'a'), kind: 'upsert' } as unknown as Operation,
      ]) {
        await expect(store.write([insert(1, 'good'), bad])).rejects.toMatchObject({
          code: 'INVALID_OPERATION',
        });
      }
      expect(await read()).toEqual([]);
      await expect(store.read(['k'], { limit: 0 })).rejects.toMatchObject({ code: 'INVALID_READ' });
      await expect(store.read(['k'], { limit: 1, offset: -1 })).rejects.toMatchObject({
        code: 'INVALID_READ',
      });
    });

    test('timelines of many blocks read and page as small ones do', async () => {
      const big = await open(1000);
      const operations = Array.from({ length: 1500 }, (_, i) => insert((i * 7919) % 1500, `m${i}`, 'big'));
      await big.write(operations);
      await big.write(
        operations.slice(0, 400).map((operation) => ({ ...operation, score: operation.score + 5000 })),
      );
      const state = await big.state('big');
      expect(state.live.length).toBe(1000);
      const [all] = await big.read(['big'], { limit: 1000 });
      if (all === undefined || 'error' in all) throw new Error('the key could not be read');
      expect(all.entries).toEqual(state.live);
      expect(state.live).toEqual(
        state.live.toSorted((a, b) => b.score - a.score || order(b.member, a.member)),
      );
      for (const at of [0, 127, 128, 500, 998]) {
        const [page] = await big.read(['big'], { limit: 3, before: state.live[at]! });
        expect(page).toMatchObject({ entries: state.live.slice(at + 1, at + 4) });
        const [back] = await big.read(['big'], { limit: 3, after: state.live[at]!, from: 'oldest' });
        expect(back).toMatchObject({ entries: state.live.slice(Math.max(0, at - 3), at) });
      }
      await big.close();
    });

    test('a closed store says so', async () => {
      await store.close();
      await expect(store.write([insert(1, 'a')])).rejects.toMatchObject({ code: 'CLOSED' });
      await expect(store.read(['k'], { limit: 1 })).rejects.toMatchObject({ code: 'CLOSED' });
    });
  });
}

function show({ score, member }: Position): string {
  return `${member}@${score}`;
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
