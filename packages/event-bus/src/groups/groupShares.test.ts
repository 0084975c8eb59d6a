import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { GroupShares } from './groupShares.ts';
import { nextRead, PARTITIONS, partitionOf } from './partitions.ts';

const ALL = Array.from({ length: PARTITIONS }, (_, n) => n);
const ttlMs = 10;

/** A consumer as it should behave: it lets go of what it is told to, at its next turn. */
class Consumer {
  holding: readonly number[] = [];
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  turn(shares: GroupShares): void {
    const share = shares.renew(this.name, { ttlMs, holding: this.holding })!;
    this.holding = share.partitions.filter((partition) => !share.release.includes(partition));
  }
}

describe('partitions of a group', () => {
  it('are all of the first consumer, then shared when others join and taken over when one leaves', () => {
    const shares = new GroupShares({ now: () => 0 });
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Consumer(name)) as [Consumer, Consumer, Consumer];
    a.turn(shares);
    expect(a.holding).toEqual(ALL);
    b.turn(shares);
    expect(b.holding).toEqual([]);
    for (const one of [a, a, b, c, a, a, b, b, c]) one.turn(shares);
    expect([a, b, c].map(({ holding }) => holding.length)).toEqual([6, 5, 5]);
    shares.leave('a');
    for (const one of [b, c]) one.turn(shares);
    expect([...b.holding, ...c.holding].toSorted((x, y) => x - y)).toEqual(ALL);
  });

  it('have one owner at a time and end up fairly shared, whoever joins, leaves or dies (property)', () => {
    const step = fc.tuple(fc.constantFrom('turn', 'turn', 'leave', 'die', 'wait'), fc.nat(4));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 0;
        const shares = new GroupShares({ now: () => now });
        const consumers = Array.from({ length: 5 }, (_, n) => new Consumer(`c${n}`));
        const check = (): void => {
          const owned = shares.members().flatMap((name) => shares.partitionsOf(name));
          expect(new Set(owned).size).toBe(owned.length);
        };
        for (const [action, n] of steps) {
          const consumer = consumers[n]!;
          if (action === 'turn') consumer.turn(shares);
          if (action === 'leave') shares.leave(consumer.name);
          if (action === 'leave' || action === 'die') consumers[n] = new Consumer(`${consumer.name}'`);
          if (action === 'wait') now += 4;
          check();
        }
        now += ttlMs;
        for (let round = 0; round < 3; round++) for (const consumer of consumers) consumer.turn(shares);
        check();
        expect(consumers.map(({ holding }) => holding.length).toSorted()).toEqual([3, 3, 3, 3, 4]);
      }),
    );
  });

  it('are lost with a lease that ran out, and refused to who had them', () => {
    let now = 0;
    const shares = new GroupShares({ now: () => now });
    shares.renew('dead', { ttlMs, holding: [] });
    expect(shares.admits('b', [3])).toBe(false);
    now = ttlMs;
    expect(shares.renew('b', { ttlMs, holding: [] })?.partitions).toEqual(ALL);
    expect(shares.admits('dead', [3])).toBe(false);
    expect(shares.renew('dead', { ttlMs, holding: ALL })).toEqual({ partitions: [], release: [] });
  });

  it('go back to who had them when the server forgot, and to nobody else until it is settled', () => {
    let settled = false;
    const shares = new GroupShares({ now: () => 0, isSettled: () => settled });
    expect(shares.renew('new', { ttlMs, holding: [] })?.partitions).toEqual([]);
    expect(shares.renew('old', { ttlMs, holding: [1, 2] })?.partitions).toEqual([1, 2]);
    settled = true;
    expect(shares.renew('new', { ttlMs, holding: [] })?.partitions).not.toContain(1);
  });
});

it('reads the partitions that are behind, as far as the others have come', () => {
  const positions = new Map([
    [0, 7],
    [1, -1],
    [2, -1],
    [3, 9],
  ]);
  expect(nextRead(positions)).toEqual({ partitions: [1, 2], after: -1, before: 8 });
  for (const partition of [1, 2]) positions.set(partition, 7);
  expect(nextRead(positions)).toEqual({ partitions: [0, 1, 2], after: 7, before: 10 });
  for (const partition of [0, 1, 2]) positions.set(partition, 9);
  expect(nextRead(positions)).toEqual({ partitions: [0, 1, 2, 3], after: 9 });
});

it('spreads keys over all partitions, and keeps a key in one', () => {
  const of = (partitionkey: string, id: string): number => partitionOf({ partitionkey, source: '/s', id });
  const seen = new Map<number, number>();
  for (let n = 0; n < 1_600; n++) seen.set(of(`user:${n}`, '1'), (seen.get(of(`user:${n}`, '1')) ?? 0) + 1);
  expect(seen.size).toBe(PARTITIONS);
  for (const count of seen.values()) expect(count).toBeGreaterThan(50);
  expect(of('a', '1')).toBe(of('a', '2'));
  expect(partitionOf({ source: '/s', id: '1' })).not.toBe(partitionOf({ source: '/s', id: '2' }));
});
