import { describeWith } from '@binnacle/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Operation, ReadOptions } from '../contract.ts';
import { MemoryStore } from '../memoryStore.ts';
import { startRedis, type RedisServer } from '../testing/redisServers.ts';
import { FarmStore } from './farmStore.ts';

const CAPACITY = 6;
const MEMBERS = ['', 'a', 'b', '\xff', '\x00', 'c d', '12 3'];

describeWith('redis', 'a farm whose replicas heard different things', () => {
  let servers: RedisServer[] = [];
  let replicas: FarmStore[] = [];
  let farm: FarmStore;
  beforeAll(async () => {
    servers = await Promise.all([1, 2, 3].map(() => startRedis()));
    const open = (instances: string): Promise<FarmStore> =>
      FarmStore.open({ instances, capacity: CAPACITY, repairStrategy: { kind: 'NoRepairs' } });
    replicas = await Promise.all(servers.map(({ address }) => open(address)));
    farm = await open(servers.map(({ address }) => address).join(';'));
  }, 60_000);
  afterAll(async () => {
    for (const store of [farm, ...replicas]) await store.close();
    await Promise.all(servers.map((server) => server.stop()));
  });

  test(
    'reads the join of them all, whatever part is asked for, and a walk makes them one',
    { timeout: 120_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(write(), { maxLength: 25 }),
          fc.array(range(), { maxLength: 6 }),
          async (writes, ranges) => {
            await Promise.all(servers.map(({ client }) => client.flushall()));
            const model = new MemoryStore({ capacity: CAPACITY });
            for (const { operation, heardBy } of writes) {
              if (heardBy.length > 0) await model.write([operation]);
              for (const replica of heardBy) await replicas[replica]!.write([operation]);
            }
            for (const options of ranges) {
              expect(await farm.read(['k', 'j'], options)).toEqual(await model.read(['k', 'j'], options));
              expect(await farm.readMerged(['k', 'j'], options)).toEqual(
                await model.readMerged(['k', 'j'], options),
              );
            }
            await farm.walk({ keysPerSecond: 1_000_000 });
            for (const key of ['k', 'j']) {
              for (const store of [farm, ...replicas])
                expect(await store.state(key)).toEqual(await model.state(key));
              expect((await farm.inspect(key)).diverged).toBe(false);
            }
          },
        ),
        { numRuns: 60 },
      );
    },
  );
});

function write(): fc.Arbitrary<{ operation: Operation; heardBy: number[] }> {
  return fc.record({
    operation: fc.record({
      kind: fc.constantFrom('insert' as const, 'insert' as const, 'delete' as const),
      key: fc.constantFrom('k', 'k', 'j'),
      score: fc.integer({ min: -2, max: 5 }),
      member: fc.constantFrom(...MEMBERS),
    }),
    heardBy: fc.uniqueArray(fc.nat({ max: 2 }), { maxLength: 3 }),
  });
}

function range(): fc.Arbitrary<ReadOptions> {
  const position = fc.record(
    {
      score: fc.integer({ min: -2, max: 5 }),
      member: fc.constantFrom(...MEMBERS),
      key: fc.constantFrom('j', 'k', 'jj'),
    },
    { requiredKeys: ['score', 'member'] },
  );
  return fc.record(
    {
      limit: fc.integer({ min: 1, max: 5 }),
      offset: fc.nat({ max: 3 }),
      before: position,
      after: position,
      from: fc.constantFrom('newest' as const, 'oldest' as const),
    },
    { requiredKeys: ['limit'] },
  );
}
