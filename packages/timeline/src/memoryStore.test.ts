import { expect, test } from 'vitest';
import { MemoryStore } from './memoryStore.ts';
import { contractSuite } from './testing/contract.ts';
import { convergenceSuite } from './testing/convergence.ts';

contractSuite(async (capacity) => new MemoryStore({ capacity }));

convergenceSuite(async (capacity, count) => {
  const stores = Array.from({ length: count }, () => new MemoryStore({ capacity }));
  return {
    stores,
    lose: async (replica) => {
      stores[replica] = new MemoryStore({ capacity });
    },
  };
}, 500);

test('a deadline that has passed leaves keys out and says which', async () => {
  const store = new MemoryStore();
  const keys = Array.from({ length: 300 }, (_, i) => `k${i}`);
  await store.write(keys.map((key) => ({ kind: 'insert', key, score: 1, member: 'm' })));
  const { entries, missing } = await store.readMerged(keys, { limit: 1000, deadlineMs: -1 });
  expect({ entries: entries.length, missing: missing.length }).toEqual({ entries: 0, missing: 300 });
  expect((await store.readMerged(keys, { limit: 1000, deadlineMs: 60_000 })).missing).toEqual([]);
});

test('a capacity that is no positive integer is refused', () => {
  for (const capacity of [0, -1, 1.5, NaN]) {
    expect(() => new MemoryStore({ capacity })).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  }
});
