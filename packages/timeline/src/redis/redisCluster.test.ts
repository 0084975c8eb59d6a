import { describeWith, waitFor } from '@binnacle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Operation } from '../contract.ts';
import { contractSuite } from '../testing/contract.ts';
import { nodeId, startRedisCluster } from '../testing/redisCluster.ts';
import { startRedis, type RedisServer } from '../testing/redisServers.ts';
import { FarmStore, type FarmOptions } from './farmStore.ts';

const KEYS = Array.from({ length: 200 }, (_, k) => `user:${k}`);

describeWith('redis', 'a Redis Cluster of three nodes as an instance of a farm', () => {
  let nodes: RedisServer[] = [];
  const stores: FarmStore[] = [];
  beforeAll(async () => {
    nodes = await startRedisCluster(3);
  }, 60_000);
  afterAll(() => Promise.all(nodes.map((node) => node.stop())));
  beforeEach(() => Promise.all(nodes.map(({ client }) => client.flushall())));
  afterEach(async () => {
    for (const store of stores.splice(0)) await store.close();
  });
  const open = async (options: Partial<FarmOptions> = {}): Promise<FarmStore> => {
    const store = await FarmStore.open({
      instances: nodes[0]!.address,
      capacity: 20,
      repairStrategy: { kind: 'NoRepairs' },
      ...options,
    });
    stores.push(store);
    return store;
  };

  contractSuite((capacity) => open({ capacity }));

  test('spreads keys over the nodes, and reads and scans them all', async () => {
    const store = await open();
    await store.write(KEYS.map(insert));
    for (const { client } of nodes) expect(await client.dbsize()).toBeGreaterThan(30);
    const results = await store.read(KEYS, { limit: 1 });
    expect(results.every((result) => 'entries' in result && result.entries.length === 1)).toBe(true);
    const found = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await store.keys(cursor, 10);
      for (const key of page.keys) found.add(key);
      cursor = page.next;
    } while (cursor !== undefined);
    expect([...found].sort()).toEqual([...KEYS].sort());
  });

  test('follows a slot that moves to another node while it is written and read: ASK, TRYAGAIN and MOVED', async () => {
    const store = await open();
    const key = 'moving';
    const slot = Number(await nodes[0]!.client.cluster('KEYSLOT', key));
    const owner = await ownerOf(slot);
    const target = nodes.find((node) => node !== owner)!;
    const [ownerId, targetId] = [await nodeId(owner), await nodeId(target)];
    const errorsBefore = await redirections();
    let score = 0;
    const writeAndRead = async (): Promise<void> => {
      const member = `m${++score}`;
      expect(await store.write([{ kind: 'insert', key, score, member }])).toMatchObject({
        statuses: ['applied'],
      });
      expect(await store.read([key], { limit: 1 })).toMatchObject([{ entries: [{ score, member }] }]);
    };
    await writeAndRead();
    await target.client.cluster('SETSLOT', slot, 'IMPORTING', ownerId);
    await owner.client.cluster('SETSLOT', slot, 'MIGRATING', targetId);
    for (const name of await owner.client.cluster('GETKEYSINSLOT', slot, 100)) {
      await owner.client.migrate('127.0.0.1', target.port, name, 0, 5000);
    }
    // Redis serves no call of several names while some of them are on neither side: it waits until the slot has moved.
    const waiting = writeAndRead();
    await waitFor(async () => (await redirections()).ask > errorsBefore.ask, {
      what: 'a write to be sent on',
    });
    await target.client.cluster('SETSLOT', slot, 'NODE', targetId);
    await owner.client.cluster('SETSLOT', slot, 'NODE', targetId);
    await waiting;
    await writeAndRead();
    expect((await store.state(key)).live).toHaveLength(3);
    const errors = await redirections();
    expect([errors.ask > errorsBefore.ask, errors.moved > errorsBefore.moved]).toEqual([true, true]);

    async function ownerOf(wanted: number): Promise<RedisServer> {
      for (const node of nodes) {
        const ranges = String(await node.client.cluster('NODES'));
        const own = ranges.split('\n').find((line) => line.includes('myself'))!;
        for (const [, from, to = from] of own.matchAll(/ (\d+)(?:-(\d+))?(?= |$)/g)) {
          if (wanted >= Number(from) && wanted <= Number(to) && own.endsWith(`${from}-${to}`)) return node;
        }
      }
      throw new Error(`no node has slot ${wanted}`);
    }
    async function redirections(): Promise<{ ask: number; moved: number }> {
      const texts = await Promise.all(nodes.map(({ client }) => client.info('errorstats')));
      const count = (name: string): number =>
        texts.reduce(
          (sum, text) => sum + Number(new RegExp(`errorstat_${name}:count=(\\d+)`).exec(text)?.[1] ?? 0),
          0,
        );
      return { ask: count('ASK'), moved: count('MOVED') };
    }
  });

  test('is a copy like any other: a walk brings it what it lacks, deletes too', async () => {
    const plain = await startRedis();
    try {
      const store = await open({ instances: `${nodes[0]!.address};${plain.address}` });
      await store.write(KEYS.map(insert));
      await store.write(
        KEYS.slice(0, 50).map((key): Operation => ({ kind: 'delete', key, score: 9, member: 'm' })),
      );
      await Promise.all(nodes.map(({ client }) => client.flushall()));
      expect(await store.walk({ keysPerSecond: 100_000 })).toMatchObject({
        diverged: KEYS.length,
        unrepaired: 0,
      });
      expect(await store.walk({ keysPerSecond: 100_000 })).toMatchObject({ diverged: 0 });
      const alone = await open();
      expect(await alone.state(KEYS[0]!)).toEqual({ live: [], tombstones: [{ score: 9, member: 'm' }] });
      expect((await alone.state(KEYS[199]!)).live).toHaveLength(1);
    } finally {
      await plain.stop();
    }
  });

  test("Roshi's layout works there for keys with a hash tag of their own, and says why not for others", async () => {
    const store = await open({ layout: 'roshi' });
    expect(await store.write([insert('{user}:1')])).toMatchObject({ statuses: ['applied'] });
    const { statuses, errors } = await store.write([insert('user:1')]);
    expect(statuses).toEqual(['failed']);
    expect(errors.get('user:1')?.message).toMatch(/CROSSSLOT/);
  });

  test('a node that is away fails its keys, and comes back', async () => {
    const store = await open();
    nodes[2]!.signal('SIGSTOP');
    try {
      const results = await Promise.all(
        KEYS.map(async (key) => (await store.write([insert(key)])).statuses[0]),
      );
      expect(results).toContain('failed');
    } finally {
      nodes[2]!.signal('SIGCONT');
    }
    await waitFor(
      async () => (await store.write(KEYS.map(insert))).statuses.every((status) => status !== 'failed'),
      { what: 'all keys to be writable again', timeoutMs: 30_000 },
    );
  }, 60_000);
});

function insert(key: string): Operation {
  return { kind: 'insert', key, score: 1, member: 'm' };
}
