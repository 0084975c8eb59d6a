import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashUuid, MAX_LANES, observe, type Mark, type Reading } from './mark.ts';

const reading = (count: number, extra: Partial<Reading> = {}): Reading => ({
  count,
  createdUs: 0,
  occurrences: [],
  mayBeLate: false,
  nowMs: 1,
  ...extra,
});
function total(readings: readonly Reading[]): number {
  let mark: Mark | undefined;
  for (const each of readings) mark = observe(mark, each).mark;
  return mark!.total;
}
const counts = (...values: number[]) => total(values.map((value) => reading(value)));

describe('a target that says nothing but its counts', () => {
  it('grows by the difference', () => expect(counts(2, 5, 5, 9)).toBe(9));
  it('counts a lower value in full: a restart under one identity (trap T1)', () =>
    expect(counts(5, 1, 6)).toBe(11));
  it('does not count two alternating workers again and again (trap T1)', () =>
    expect(counts(10, 7, 10, 7, 10, 7, 11, 8)).toBe(19));
  it('ignores a lower value that may be late', () =>
    expect(total([reading(5), reading(3, { mayBeLate: true }), reading(6)])).toBe(6));
});

describe('a target that says when it saw the key first', () => {
  const at = (createdUs: number, count: number, extra = {}) => reading(count, { createdUs, ...extra });
  it('knows a restart even when the new count is higher', () =>
    expect(total([at(100, 5, { occurrences: [1] }), at(200, 8, { occurrences: [2] })])).toBe(13));
  it('knows forked workers apart', () =>
    expect(total([at(1, 10), at(2, 7), at(1, 12), at(2, 9), at(1, 12)])).toBe(21));
  it('takes an old delivery of an earlier process for what it is', () =>
    expect(total([at(1, 5), at(2, 1), at(1, 5, { mayBeLate: true }), at(2, 3)])).toBe(8));
  it('goes on where the creation time is missing for once', () =>
    expect(total([at(7, 3), at(0, 30), at(7, 31), at(0, 31), at(0, 2)])).toBe(33));
  it('sees through a creation time that is made up at each export', () => {
    const made = [1, 2, 3, 5].map((n) =>
      at(n * 10, n, { occurrences: Array.from({ length: n }, (_, i) => i + 1) }),
    );
    expect(total(made)).toBe(5);
    expect(total([at(1, 4), at(2, 4), at(3, 6)])).toBe(6);
  });
});

it('tells two workers apart by their occurrences when nothing else differs', () => {
  const a = [11, 12, 13];
  const b = [21, 22];
  const of = (uuids: number[], n: number) => reading(n, { occurrences: uuids.slice(0, n) });
  expect(total([of(a, 3), of(b, 1), of(a, 3), of(b, 2), of(a, 3)])).toBe(5);
});

it('knows a restarted process that comes back to exactly its earlier count', () => {
  const second = [21, 22, 23];
  const of = (uuids: number[], n: number) => reading(n, { occurrences: uuids.slice(0, n) });
  expect(total([of([11, 12, 13], 3), of(second, 1), of(second, 3)])).toBe(6);
});

it('keeps a bounded number of lanes', () => {
  let mark: Mark | undefined;
  for (let i = 1; i < 200; i++) mark = observe(mark, reading(1, { createdUs: i, occurrences: [i] })).mark;
  expect(mark!.lanes).toHaveLength(MAX_LANES);
  expect(mark!.total).toBe(199);
});

it('hashes uuids into positive small integers', () => {
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      const hash = hashUuid(uuid);
      return hash > 0 && hash <= 2 ** 30 && hash === hashUuid(uuid);
    }),
  );
});

it('is exact for any interleaving of processes that say when they began (property)', () => {
  const step = fc.record({ process: fc.nat(5), more: fc.nat(4), late: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const truth = new Map<number, number>();
      const history: Reading[] = [];
      let mark: Mark | undefined;
      for (const { process, more, late } of steps) {
        const count = (truth.get(process) ?? 0) + more + (truth.has(process) ? 0 : 1);
        truth.set(process, count);
        const now = reading(count, { createdUs: process + 1, occurrences: [process * 1000 + count + 1] });
        mark = observe(mark, now).mark;
        history.push(now);
        if (late) mark = observe(mark, { ...history[(more * 7) % history.length]!, mayBeLate: true }).mark;
      }
      const expected = [...truth.values()].reduce((a, b) => a + b, 0);
      return (mark?.total ?? 0) === expected;
    }),
  );
});
