import { describeWith, waitFor } from '@binnacle/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startRedis, type RedisServer } from '../testing/redisServers.ts';
import { FarmStore } from './farmStore.ts';

describeWith('redis', 'servers of a farm', () => {
  let servers: RedisServer[] = [];
  beforeAll(async () => {
    servers = await Promise.all([1, 2, 3, 4].map(() => startRedis()));
  }, 60_000);
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  beforeEach(() => Promise.all(servers.map(({ client }) => client.flushall())));

  test('the quorum is counted per key: a dead shard in each of two clusters fails nothing while they differ', async () => {
    const extra = await Promise.all([1, 2, 3, 4].map(() => startRedis()));
    const [a, b, c, d] = extra.map(({ address }) => address);
    const store = await FarmStore.open({ instances: `${a},${b};${c},${d}`, writeQuorum: '1' });
    try {
      extra[0]!.signal('SIGKILL');
      extra[3]!.signal('SIGKILL');
      await waitFor(() => store.health().filter(({ down }) => down !== undefined).length === 2);
      const operations = Array.from({ length: 40 }, (_, i) => ({
        kind: 'insert' as const,
        key: `k${i}`,
        score: 1,
        member: 'm',
      }));
      expect(new Set((await store.write(operations)).statuses)).toEqual(new Set(['applied']));
      const results = await store.read(
        operations.map(({ key }) => key),
        { limit: 1 },
      );
      expect(results.every((result) => 'entries' in result && result.entries.length === 1)).toBe(true);
    } finally {
      await store.close();
      await Promise.all(extra.map((server) => server.stop()));
    }
  }, 60_000);

  test('addresses in another order are refused, and named', async () => {
    const [a, b] = servers.map(({ address }) => address);
    await (await FarmStore.open({ instances: `${a},${b}` })).close();
    await expect(FarmStore.open({ instances: `${b},${a}` })).rejects.toMatchObject({
      code: 'RING_MISMATCH',
      message: expect.stringContaining('1 murmur3 1/2'),
    });
    await expect(FarmStore.open({ instances: `${a},${b}`, hash: 'fnv' })).rejects.toMatchObject({
      code: 'RING_MISMATCH',
    });
    await (await FarmStore.open({ instances: `${a},${b}` })).close();
  });

  test('a farm with no server at all is not opened', async () => {
    const instances = '127.0.0.1:1;127.0.0.1:2';
    await expect(FarmStore.open({ instances, connectTimeoutMs: 500 })).rejects.toMatchObject({
      code: 'REPLICA_DOWN',
    });
  });

  test('holds the capacity exactly, and trims what another program added to a key within some writes', async () => {
    const [{ address, client }] = servers as [RedisServer];
    const store = await FarmStore.open({ instances: address, capacity: 50 });
    try {
      const insertNext = async (count: number): Promise<void> => {
        for (let i = 0; i < count; i++) {
          const score = ++clock;
          await store.write([{ kind: 'insert', key: 'k', score, member: `m${score}` }]);
        }
      };
      let clock = 1000;
      for (let n = 1; n <= 60; n++) {
        await insertNext(1);
        expect(await client.zcard('{k}+')).toBe(Math.min(n, 50));
      }
      expect((await store.state('k')).floor).toEqual({ score: 1010, member: 'm1010' });
      await client.del('{k}+', '{k}!');
      await insertNext(20);
      for (let n = 0; n < 100; n++) await client.zadd('{k}+', n, `foreign${n}`);
      await insertNext(17);
      expect(await client.zcard('{k}+')).toBe(50);
    } finally {
      await store.close();
    }
  });

  test('data of Roshi is read, written and kept in its layout', async () => {
    const { client, address } = servers[0]!;
    await client.zadd('foo+', 1.05, 'bar', 1.99, 'baz', 1, 'a+');
    await client.zadd('foo-', 2.01, 'qux');
    const store = await FarmStore.open({ instances: address, layout: 'roshi' });
    try {
      expect(await store.read(['foo'], { limit: 2 })).toMatchObject([
        {
          entries: [
            { score: 1.99, member: 'baz' },
            { score: 1.05, member: 'bar' },
          ],
        },
      ]);
      const { statuses } = await store.write([
        { kind: 'delete', key: 'foo', score: 2.01, member: 'baz' },
        { kind: 'insert', key: 'foo', score: 2.01, member: 'qux' },
      ]);
      expect(statuses).toEqual(['applied', 'noop']);
      expect(await client.zrange('foo-', 0, -1, 'WITHSCORES')).toEqual([
        'baz',
        '2.0099999999999998',
        'qux',
        '2.0099999999999998',
      ]);
      expect(await client.zrange('foo+', 0, -1)).toEqual(['a+', 'bar']);
      expect((await store.keys(undefined, 100)).keys).toEqual(['foo']);
    } finally {
      await store.close();
    }
  });

  test('a server without functions runs the same program as a script', async () => {
    await using old = await startRedis(['--rename-command', 'FUNCTION', '', '--rename-command', 'FCALL', '']);
    const store = await FarmStore.open({ instances: old.address, capacity: 2 });
    try {
      const operations = [1, 2, 3].map((n) => ({
        kind: 'insert' as const,
        key: 'k',
        score: n,
        member: `m${n}`,
      }));
      expect(await store.write(operations)).toMatchObject({
        statuses: ['applied', 'applied', 'applied'],
        evicted: 1,
      });
      await old.client.script('FLUSH');
      expect(await store.state('k')).toMatchObject({
        live: [{ member: 'm3' }, { member: 'm2' }],
        floor: { member: 'm1' },
      });
    } finally {
      await store.close();
    }
  });

  test('a Redis Cluster node takes the program for any key: its three names are in one slot', async () => {
    await using node = await startRedis(['--cluster-enabled', 'yes']);
    await node.client.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    await waitFor(async () => /cluster_state:ok/.test(String(await node.client.call('CLUSTER', 'INFO'))));
    const store = await FarmStore.open({ instances: node.address });
    try {
      for (const key of ['', 'k', '}odd', '{a}b', '~', 'a{b}c']) {
        const { statuses } = await store.write([{ kind: 'insert', key, score: 1, member: 'm' }]);
        expect(statuses, key).toEqual(['applied']);
        expect(await store.read([key], { limit: 1 }), key).toMatchObject([{ entries: [{ member: 'm' }] }]);
      }
    } finally {
      await store.close();
    }
  });

  test('a server that lost the functions gets them again', async () => {
    const store = await FarmStore.open({ instances: servers[0]!.address });
    try {
      await servers[0]!.client.function('FLUSH');
      const { statuses } = await store.write([{ kind: 'insert', key: 'k', score: 1, member: 'm' }]);
      expect(statuses).toEqual(['applied']);
    } finally {
      await store.close();
    }
  });

  test('one call carries all operations of a shard, and of everyone who writes meanwhile', async () => {
    const { address, client } = servers[0]!;
    const store = await FarmStore.open({ instances: address });
    try {
      await client.config('RESETSTAT');
      const batch = (n: number) =>
        Array.from({ length: 100 }, (_, i) => ({
          kind: 'insert' as const,
          key: `k${i % 10}`,
          score: n,
          member: `m${i}`,
        }));
      await store.write(batch(1));
      expect(await fcalls()).toBe(1);
      await Promise.all(Array.from({ length: 50 }, (_, n) => store.write(batch(n + 2))));
      expect(await fcalls()).toBeLessThan(10);
    } finally {
      await store.close();
    }
    async function fcalls(): Promise<number> {
      return Number(/cmdstat_fcall:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
    }
  });
});
