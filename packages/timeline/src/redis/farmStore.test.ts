import { describeWith } from '@binnacle/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { contractSuite } from '../testing/contract.ts';
import { convergenceSuite } from '../testing/convergence.ts';
import { startRedis, type RedisServer } from '../testing/redisServers.ts';
import { FarmStore } from './farmStore.ts';

describeWith('redis', 'farm of real Redis servers', () => {
  const servers: RedisServer[] = [];
  const stores: FarmStore[] = [];
  beforeAll(async () => {
    servers.push(...(await Promise.all([1, 2, 3, 4].map(() => startRedis()))));
  });
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  beforeEach(() => Promise.all(servers.map(({ client }) => client.flushall())));
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });

  const open = async (instances: string, capacity: number): Promise<FarmStore> => {
    const store = await FarmStore.open({ instances, capacity, repairStrategy: { kind: 'NoRepairs' } });
    stores.push(store);
    return store;
  };

  // Two clusters of two instances: every call is split over shards and joined over copies.
  contractSuite(async (capacity) => {
    const [a, b, c, d] = servers.map(({ address }) => address);
    await Promise.all(servers.map(({ client }) => client.flushall()));
    for (const store of stores.splice(0)) await store.close();
    return open(`${a},${b};${c},${d}`, capacity);
  });

  // Three farms of one server each, which learn of each other by states alone.
  convergenceSuite(async (capacity) => {
    for (const store of stores.splice(0)) await store.close();
    await Promise.all(servers.map(({ client }) => client.flushall()));
    return {
      stores: await Promise.all(servers.slice(0, 3).map(({ address }) => open(address, capacity))),
      lose: async (replica) => {
        await servers[replica]!.client.flushall();
      },
    };
  }, 40);
});
