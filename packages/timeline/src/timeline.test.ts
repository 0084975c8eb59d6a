import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hashMember, type Entry } from './block.ts';
import { comparePositions } from './position.ts';
import { Timeline, wins } from './timeline.ts';

const CAPACITY = 1_500;

/** The newest winners of all entries, and nothing cleverer. */
function modelOf(entries: readonly Entry[]): Entry[] {
  const winners = new Map<string, Entry>();
  for (const entry of entries) {
    const current = winners.get(entry.member);
    if (current === undefined || wins(entry, current)) winners.set(entry.member, entry);
  }
  return [...winners.values()].sort((a, b) => comparePositions(b, a)).slice(0, CAPACITY);
}

function entriesOf(timeline: Timeline): Entry[] {
  return timeline.blocks.flatMap(({ entries }) => entries);
}

it('finds members of many blocks that split, join and move, as a model does', () => {
  const operation = fc.record({
    member: fc.nat(2_000).map((n) => `track:${n}`),
    score: fc.nat(10_000),
    deleted: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(operation, { minLength: 4_000, maxLength: 4_000 }), (operations) => {
      const timeline = new Timeline();
      for (const entry of operations) timeline.apply(entry, CAPACITY);
      expect(timeline.indexed).toBe(true);
      expect(entriesOf(timeline)).toEqual(modelOf(operations));
      for (const { hashes, entries, count } of timeline.blocks) {
        expect([...hashes.subarray(0, count)]).toEqual(entries.map(({ member }) => hashMember(member)));
      }
    }),
    { numRuns: 10 },
  );
});

it('tells members apart that share a hash', () => {
  const byHash = new Map<number, string>();
  const pairs: string[][] = [];
  for (let n = 0; pairs.length < 3; n++) {
    const member = `m${n}`;
    const other = byHash.get(hashMember(member));
    if (other !== undefined) pairs.push([other, member]);
    byHash.set(hashMember(member), member);
  }
  const others = Array.from({ length: 1_000 }, (_, n): Entry => entry(`other${n}`, n));
  const inserts = [...others, ...pairs.flat().map((member, n) => entry(member, n * 200))];
  const again = pairs.flat().map((member, n) => entry(member, 2_000 - n * 200));
  const deletes = pairs.map(([first]) => ({ ...entry(first!, 3_000), deleted: true }));
  const timeline = new Timeline();
  for (const one of [...inserts, ...again, ...deletes]) timeline.apply(one, CAPACITY);
  expect(timeline.indexed).toBe(true);
  expect(entriesOf(timeline)).toEqual(modelOf([...inserts, ...again, ...deletes]));
});

function entry(member: string, score: number): Entry {
  return { member, score, deleted: false };
}
