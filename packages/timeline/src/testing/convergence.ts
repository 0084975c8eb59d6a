import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bytes, Operation, Position, TimelineStore } from '../contract.ts';
import { Model } from './model.ts';

const CAPACITY = 4;
const KEYS = ['a', '\xff\x00}{b'];

/** One step of a history. `replica` numbers are taken modulo the replicas of the test. */
type Step =
  | { readonly kind: 'write'; readonly batch: readonly Operation[]; readonly replicas: readonly number[] }
  | { readonly kind: 'merge'; readonly from: number; readonly to: number; readonly key: Bytes }
  | { readonly kind: 'lose'; readonly replica: number }
  | { readonly kind: 'floor'; readonly replica: number; readonly key: Bytes; readonly floor: Position };

/** Replicas of a store under test. `lose` empties one, as a wiped disk would. */
export interface Replicas {
  readonly stores: TimelineStore[];
  lose(replica: number): Promise<void>;
}

/**
 * The convergence property: whatever is written where, in whatever order and however often, whatever is evicted,
 * merged or lost in between, replicas that then hear of everything are equal, to each other and to the model.
 */
export function convergenceSuite(
  open: (capacity: number, count: number) => Promise<Replicas>,
  runs: number,
): void {
  describe('convergence', () => {
    test(
      'replicas equal the model of all operations, whatever happened to them',
      { timeout: 120_000 },
      async () => {
        await fc.assert(
          fc.asyncProperty(fc.array(step(), { maxLength: 40 }), fc.nat(), async (steps, seed) => {
            await runHistory(await open(CAPACITY, 3), steps, seed);
          }),
          { numRuns: runs },
        );
      },
    );
  });
}

async function runHistory(replicas: Replicas, steps: readonly Step[], seed: number): Promise<void> {
  const { stores } = replicas;
  const model = new Model(CAPACITY);
  /** The whole history as someone would replay it, from a log that lost nothing. */
  const log: Operation[] = [];
  const floors: { key: Bytes; floor: Position }[] = [];
  for (const step of steps) {
    switch (step.kind) {
      case 'write': {
        model.add(step.batch);
        log.push(...step.batch);
        for (const replica of step.replicas) await stores[replica]!.write(step.batch);
        break;
      }
      case 'merge':
        await stores[step.to]!.merge(step.key, await stores[step.from]!.state(step.key));
        break;
      case 'lose':
        await replicas.lose(step.replica);
        break;
      case 'floor':
        model.raiseFloor(step.key, step.floor);
        floors.push(step);
        await stores[step.replica]!.merge(step.key, { live: [], tombstones: [], floor: step.floor });
        break;
    }
  }
  const first = stores[seed % stores.length]!;
  await healByReplay(first, log, seed);
  for (const { key, floor } of floors) await first.merge(key, { live: [], tombstones: [], floor });
  await healByMerge(stores, seed);
  for (const store of stores)
    for (const key of KEYS) expect(await store.state(key)).toEqual(model.state(key));
  // A late replay of everything resurrects nothing.
  for (const store of stores) {
    const { statuses, evicted } = await store.write(log);
    expect({ statuses: new Set(statuses).has('applied'), evicted }).toEqual({ statuses: false, evicted: 0 });
  }
  for (const store of stores) {
    for (const key of KEYS) {
      const [result] = await store.read([key], { limit: CAPACITY });
      expect(result).toEqual({ key, entries: model.state(key).live, unanswered: [] });
    }
  }
}

/** One replica hears the log in an order of its own. */
async function healByReplay(store: TimelineStore, log: readonly Operation[], seed: number): Promise<void> {
  const shuffled = log.map((operation, i) => ({ operation, at: Math.imul(i + 1, seed | 1) % 97 }));
  shuffled.sort((a, b) => a.at - b.at);
  await store.write(shuffled.map(({ operation }) => operation));
}

/** The others learn by state, first into one, then out of it. */
async function healByMerge(stores: readonly TimelineStore[], seed: number): Promise<void> {
  const hub = stores[(seed + 1) % stores.length]!;
  for (const key of KEYS) {
    for (const store of stores) if (store !== hub) await hub.merge(key, await store.state(key));
    for (const store of stores) if (store !== hub) await store.merge(key, await hub.state(key));
  }
}

function step(): fc.Arbitrary<Step> {
  const replica = fc.nat({ max: 2 });
  const key = fc.constantFrom(...KEYS);
  const position = fc.record({
    score: fc.integer({ min: -3, max: 6 }),
    member: fc.constantFrom('', 'a', 'ab', 'b', '\x00', '\xff', 'é\x80', 'c'),
  });
  const operation: fc.Arbitrary<Operation> = fc
    .tuple(fc.constantFrom('insert' as const, 'insert' as const, 'delete' as const), key, position)
    .map(([kind, key, { score, member }]) => ({ kind, key, score, member }));
  return fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        batch: fc.array(operation, { minLength: 1, maxLength: 6 }),
        replicas: fc.array(replica, { maxLength: 4 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('merge' as const), from: replica, to: replica, key }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), replica }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('floor' as const), replica, key, floor: position }),
    },
  );
}
