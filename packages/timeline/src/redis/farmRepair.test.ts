import { describeWith, waitFor } from '@binnacle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Operation } from '../contract.ts';
import { startRedis, type RedisServer } from '../testing/redisServers.ts';
import { FarmStore, type FarmOptions } from './farmStore.ts';
import { insert, remove } from '../testing/operations.ts';

describeWith('redis', 'replicas that differ', () => {
  let servers: RedisServer[] = [];
  const stores: FarmStore[] = [];
  beforeAll(async () => {
    servers = await Promise.all([1, 2, 3].map(() => startRedis()));
  }, 60_000);
  afterAll(() => Promise.all(servers.map((server) => server.stop())));
  beforeEach(() => Promise.all(servers.map(({ client }) => client.flushall())));
  afterEach(async () => {
    for (const server of servers) server.signal('SIGCONT');
    for (const store of stores.splice(0)) await store.close();
  });

  const open = async (options: Partial<FarmOptions> = {}): Promise<FarmStore> => {
    const instances = options.instances ?? servers.map(({ address }) => address).join(';');
    const store = await FarmStore.open({
      capacity: 20,
      repairStrategy: { kind: 'AllRepairs' },
      ...options,
      instances,
    });
    stores.push(store);
    return store;
  };
  /** Writes past the farm, to one server alone. */
  const writeTo = async (server: number, ...operations: Operation[]): Promise<void> => {
    const alone = await FarmStore.open({ instances: servers[server]!.address, capacity: 20 });
    await alone.write(operations);
    await alone.close();
  };
  const membersOf = async (store: FarmStore, limit = 10, key = 'k') => {
    const [result] = await store.read([key], { limit });
    if (result === undefined || 'error' in result) throw new Error('the key could not be read');
    return result.entries.map(({ member, score }) => `${member}@${score}`);
  };
  const agree = (store: FarmStore, key = 'k') =>
    waitFor(async () => !(await store.inspect(key)).diverged, { what: 'the replicas to agree' });

  test.each([[0], [1], [2]])(
    'a stale insert on server %i alone loses to the delete, in the read and in the repair',
    async (stale) => {
      for (const server of [0, 1, 2]) await writeTo(server, insert(20, 'b'));
      for (const server of [0, 1, 2]) if (server !== stale) await writeTo(server, remove(22, 'b'));
      const store = await open();
      expect(await membersOf(store)).toEqual([]);
      await agree(store);
      expect(await store.state('k')).toEqual({ live: [], tombstones: [{ score: 22, member: 'b' }] });
    },
  );

  test('on equal scores the delete that one replica missed wins everywhere', async () => {
    for (const server of [0, 1, 2]) await writeTo(server, insert(5, 'a'));
    await writeTo(1, remove(5, 'a'));
    const store = await open();
    expect(await membersOf(store)).toEqual([]);
    await agree(store);
    expect((await store.state('k')).tombstones).toEqual([{ score: 5, member: 'a' }]);
  });

  test('negative scores are read and repaired like others', async () => {
    await writeTo(2, insert(-7, 'a'));
    const store = await open();
    expect(await membersOf(store)).toEqual(['a@-7']);
    await agree(store);
  });

  test('an entry below the floor of a better informed replica is not served, and goes', async () => {
    await writeTo(0, insert(1, 'old'));
    const evictors = Array.from({ length: 21 }, (_, i) => insert(10 + i, `m${i}`));
    for (const server of [1, 2]) await writeTo(server, ...evictors);
    const store = await open();
    expect(await membersOf(store, 50)).toEqual(
      evictors
        .slice(1)
        .reverse()
        .map(({ member, score }) => `${member}@${score}`),
    );
    await agree(store);
    expect((await store.state('k')).floor).toEqual({ score: 10, member: 'm0' });
  });

  test('a window that deletes elsewhere empty is filled from further down', async () => {
    const all = Array.from({ length: 10 }, (_, i) => insert(i, `m${i}`));
    for (const server of [0, 1, 2]) await writeTo(server, ...all);
    await writeTo(2, ...[9, 8, 7, 6].map((n) => remove(100 + n, `m${n}`)));
    const store = await open({ repairStrategy: { kind: 'NoRepairs' } });
    expect(await membersOf(store, 3)).toEqual(['m5@5', 'm4@4', 'm3@3']);
    expect(await store.read(['k'], { limit: 2, offset: 1 })).toMatchObject([
      { entries: [{ member: 'm4' }, { member: 'm3' }] },
    ]);
    expect(
      await store.read(['k'], { limit: 2, after: { score: 4, member: 'm4' }, from: 'oldest' }),
    ).toMatchObject([{ entries: [{ member: 'm5' }] }]);
    expect((await store.readMerged(['k'], { limit: 2 })).entries).toMatchObject([
      { member: 'm5' },
      { member: 'm4' },
    ]);
    expect((await store.inspect('k')).replicas.map(({ missing }) => missing)).toEqual([4, 4, 0]);
  });

  test('an entry below the window of the only replica that has it is found when others empty that window', async () => {
    for (const server of [0, 1, 2]) await writeTo(server, insert(8, 'm8'), insert(3, 'm3'));
    await writeTo(0, insert(9, 'm9'), insert(7, 'm7'));
    await writeTo(1, remove(9.5, 'm9'));
    const store = await open({ repairStrategy: { kind: 'NoRepairs' } });
    expect(await membersOf(store, 2)).toEqual(['m8@8', 'm7@7']);
  });

  test('a walk repairs keys that hold only tombstones or only a floor', async () => {
    await writeTo(0, remove(1, 'a', 'tomb'));
    const alone = await open({ instances: servers[1]!.address });
    await alone.merge('floor', { live: [], tombstones: [], floor: { score: 3, member: 'f' } });
    const store = await open({ repairStrategy: { kind: 'NoRepairs' } });
    expect(await store.walk()).toMatchObject({ diverged: 2, unrepaired: 0, skipped: [] });
    expect(await store.walk()).toMatchObject({ diverged: 0 });
    expect(await Promise.all(servers.map(({ client }) => client.zscore('{tomb}-', 'a')))).toEqual([
      '1',
      '1',
      '1',
    ]);
    expect(await Promise.all(servers.map(({ client }) => client.get('{floor}!')))).toEqual([
      '3 f',
      '3 f',
      '3 f',
    ]);
  });

  test('limited repair works off more than its rate, a part at a time, and drops nothing', async () => {
    await writeTo(0, ...Array.from({ length: 12 }, (_, i) => insert(i, `m${i}`)));
    const store = await open({ repairStrategy: { kind: 'RateLimitedRepairs', membersPerSecond: 20 } });
    const start = performance.now();
    await membersOf(store, 20);
    await agree(store);
    // Twelve members are missing on two servers: a second's worth of twenty goes at once, four wait for the bucket.
    expect(performance.now() - start).toBeGreaterThanOrEqual(199);
    expect(store.stats).toMatchObject({
      repairWriteSuccesses: 24,
      repairDiscarded: 0,
      repairWriteFailures: 0,
    });
  });

  describe('read strategies', () => {
    test('SendAllReadFirstLinger answers without the slow one and repairs it later', async () => {
      await writeTo(0, insert(1, 'a'));
      await writeTo(1, insert(1, 'a'));
      const store = await open({
        readStrategy: { kind: 'SendAllReadFirstLinger' },
        readTimeoutMs: 60_000,
        writeTimeoutMs: 60_000,
      });
      servers[2]!.signal('SIGSTOP');
      expect(await membersOf(store)).toEqual(['a@1']);
      servers[2]!.signal('SIGCONT');
      await agree(store);
      expect(store.stats.divergentKeys).toBe(1);
    });

    test('SendOneReadOne asks one, and the next only where that is away', async () => {
      for (const server of [0, 1, 2]) await writeTo(server, insert(1, 'a'));
      const store = await open({ readStrategy: { kind: 'SendOneReadOne' }, readTimeoutMs: 1000 });
      for (let i = 0; i < 5; i++) expect(await membersOf(store)).toEqual(['a@1']);
      expect(store.stats.selectSends).toBe(5);
      servers[0]!.signal('SIGSTOP');
      servers[1]!.signal('SIGSTOP');
      for (let i = 0; i < 5; i++) expect(await membersOf(store)).toEqual(['a@1']);
    });

    test('SendVarReadFirstLinger asks one above its rate, all within it again after a while, and all when one is late', async () => {
      for (const server of [0, 1, 2]) await writeTo(server, insert(1, 'a'));
      const store = await open({
        readStrategy: { kind: 'SendVarReadFirstLinger', keysPerSecond: 4, latencyMs: 20 },
      });
      await Promise.all([1, 2, 3, 4, 5, 6].map(() => membersOf(store)));
      expect(store.stats).toMatchObject({ selectSendAllPermitGranted: 4, selectSendAllPermitRejected: 2 });
      await waitFor(async () => {
        await membersOf(store);
        return store.stats.selectSendAllPermitGranted > 4;
      });
      for (const paused of [0, 1]) servers[paused]!.signal('SIGSTOP');
      await waitFor(async () => {
        expect(await membersOf(store)).toEqual(['a@1']);
        return store.stats.selectSendAllPromotions > 0;
      });
    });
  });
});
