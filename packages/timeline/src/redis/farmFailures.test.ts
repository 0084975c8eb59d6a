import { describeWith, waitFor } from '@binnacle/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Operation, TimelineStore } from '../contract.ts';
import { MemoryStore } from '../memoryStore.ts';
import { startRedis, type RedisServer } from '../testing/redisServers.ts';
import { startProxy, type TcpProxy } from '../testing/tcpProxy.ts';
import { FarmStore, type FarmOptions } from './farmStore.ts';

const CAPACITY = 100;
const KEYS = Array.from({ length: 12 }, (_, k) => `user:${k}`);

describeWith('redis', 'three real clusters failing under load', () => {
  let servers: RedisServer[] = [];
  let proxies: TcpProxy[] = [];
  let store: FarmStore;
  /** What was acknowledged: the farm must know all of it. */
  let acknowledged: MemoryStore;

  beforeAll(async () => {
    servers = await Promise.all([1, 2, 3].map(() => startRedis()));
    proxies = await Promise.all(servers.map(({ port }) => startProxy(port)));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await Promise.all(servers.map((server) => server.stop()));
  });
  beforeEach(async () => {
    await Promise.all(servers.map(({ client }) => client.flushall()));
    acknowledged = new MemoryStore({ capacity: CAPACITY });
    store = await open();
  });
  afterEach(() => store.close());

  const open = (options: Partial<FarmOptions> = {}): Promise<FarmStore> =>
    FarmStore.open({
      instances: proxies.map(({ address }) => address).join(';'),
      capacity: CAPACITY,
      readTimeoutMs: 1000,
      writeTimeoutMs: 1000,
      repairStrategy: { kind: 'NoRepairs' },
      ...options,
    });

  /** Writes without pause from several callers, with `trouble` at its own time among them. */
  async function underLoad(trouble: () => Promise<void>, writesAfter = 400): Promise<{ failed: number }> {
    const end = new AbortController();
    let serial = 0;
    let failed = 0;
    const writeOn = async (): Promise<void> => {
      while (!end.signal.aborted) {
        const batch = Array.from({ length: 10 }, () => operationOf(serial++));
        const { statuses } = await store.write(batch);
        const confirmed = batch.filter((_, i) => statuses[i] !== 'failed');
        failed += batch.length - confirmed.length;
        await acknowledged.write(confirmed);
        // With every instance down a write fails in the same turn; someone who goes on then starves the rest.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const writers = [writeOn(), writeOn(), writeOn(), writeOn()];
    const reached = (count: number) =>
      waitFor(() => serial > count, { what: `write ${count}`, timeoutMs: 30_000 });
    try {
      await reached(400);
      await trouble();
      await reached(serial + writesAfter);
    } finally {
      end.abort();
      await Promise.all(writers);
    }
    return { failed };
  }

  async function expectNothingLost(from: TimelineStore): Promise<void> {
    for (const key of KEYS) {
      const state = await from.state(key);
      await expect(joined(state, await acknowledged.state(key)), key).resolves.toEqual(state);
    }
  }

  async function joined(...states: Awaited<ReturnType<TimelineStore['state']>>[]) {
    const together = new MemoryStore({ capacity: CAPACITY });
    for (const state of states) await together.merge('k', state);
    return together.state('k');
  }

  /** After healing, each server by itself has everything. */
  async function expectHealed(): Promise<void> {
    await waitFor(() => store.health().every(({ down }) => down === undefined), {
      what: 'all instances to be up',
    });
    await waitFor(async () => (await store.walk({ keysPerSecond: 100_000 })).unrepaired === 0, {
      what: 'a whole walk',
    });
    expect(await store.walk({ keysPerSecond: 100_000 })).toMatchObject({
      diverged: 0,
      unrepaired: 0,
      skipped: [],
    });
    for (const { address } of servers) {
      const alone = await FarmStore.open({ instances: address, capacity: CAPACITY });
      try {
        await expectNothingLost(alone);
      } finally {
        await alone.close();
      }
    }
  }

  async function divergedKeys(): Promise<number> {
    const inspections = await Promise.all(KEYS.map((key) => store.inspect(key)));
    return inspections.filter(({ diverged }) => diverged).length;
  }

  test('one killed, later back and empty: every write is acknowledged, nothing is lost, and it is filled again', async () => {
    const { failed } = await underLoad(async () => {
      servers[1]!.signal('SIGKILL');
      await waitFor(() => store.health()[1]!.down !== undefined, { what: 'the death to be noticed' });
    });
    expect(failed).toBe(0);
    await expectNothingLost(store);
    expect(store.stats.replicaWriteFailures).toBeGreaterThan(0);
    await servers[1]!.restart();
    await waitFor(() => store.health()[1]!.down === undefined, { what: 'the new server to be up' });
    expect(await divergedKeys()).toBe(KEYS.length);
    await expectHealed();
  }, 60_000);

  test('one paused: writes go on without it once it has been late, and it catches up', async () => {
    const { failed } = await underLoad(async () => {
      servers[0]!.signal('SIGSTOP');
      await waitFor(() => store.health()[0]!.down !== undefined, { what: 'the silence to be noticed' });
    });
    expect(failed).toBe(0);
    expect((await store.read(KEYS, { limit: 1 }))[0]).toMatchObject({ unanswered: [proxies[0]!.address] });
    await expectNothingLost(store);
    servers[0]!.signal('SIGCONT');
    await expectHealed();
  }, 60_000);

  test('one wiped in the middle: reads still see everything, and read repair alone fills it again', async () => {
    await store.close();
    store = await open({ repairStrategy: { kind: 'AllRepairs' } });
    const { failed } = await underLoad(async () => {
      await servers[2]!.client.flushall();
    }, 50);
    expect(failed).toBe(0);
    await expectNothingLost(store);
    const live = async (from: TimelineStore) =>
      (await from.read(KEYS, { limit: CAPACITY })).map((result) =>
        'error' in result ? result.error : result.entries,
      );
    const expected = await live(store);
    const alone = await FarmStore.open({ instances: servers[2]!.address, capacity: CAPACITY });
    await waitFor(
      async () => {
        await live(store);
        return JSON.stringify(await live(alone)) === JSON.stringify(expected);
      },
      { what: 'read repair to fill the wiped server' },
    );
    await alone.close();
    expect(store.stats.divergentKeys).toBeGreaterThan(0);
    expect(store.stats.repairWriteSuccesses).toBeGreaterThan(0);
    await expectHealed();
  }, 60_000);

  test('one cut off and back: the quorum of the others goes on, and it catches up', async () => {
    const { failed } = await underLoad(async () => {
      proxies[2]!.cut();
      await waitFor(() => store.health()[2]!.down !== undefined, { what: 'the cut to be noticed' });
    });
    expect(failed).toBe(0);
    expect(await divergedKeys()).toBe(KEYS.length);
    proxies[2]!.mend();
    await expectHealed();
  }, 60_000);

  test('two silent: what one alone confirmed is no quorum, though it stays and heals', async () => {
    servers[0]!.signal('SIGSTOP');
    servers[1]!.signal('SIGSTOP');
    try {
      const { statuses, errors } = await store.write([
        { kind: 'insert', key: 'user:0', score: 1, member: 'alone' },
      ]);
      expect(statuses).toEqual(['failed']);
      expect(errors.get('user:0')?.message).toMatch(
        /^no quorum: 1 of 2 clusters confirmed \(.*no answer in 1000 ms/,
      );
    } finally {
      servers[0]!.signal('SIGCONT');
      servers[1]!.signal('SIGCONT');
    }
    await expectHealed();
    expect((await store.state('user:0')).live).toEqual([{ score: 1, member: 'alone' }]);
  }, 60_000);

  test('each killed in its turn under load, and filled by a walk before the next: nothing acknowledged is lost', async () => {
    for (const [n, server] of servers.entries()) {
      const { failed } = await underLoad(async () => {
        server.signal('SIGKILL');
        await waitFor(() => store.health()[n]!.down !== undefined, { what: 'the death to be noticed' });
      }, 50);
      expect(failed).toBe(0);
      await server.restart();
      await expectHealed();
    }
  }, 120_000);

  test('a majority cut off: writes fail and say so, what is readable is marked, and all of it heals', async () => {
    const { failed } = await underLoad(async () => {
      proxies[0]!.cut();
      proxies[1]!.cut();
      await waitFor(() => store.stats.quorumFailures > 0, { what: 'a write without quorum' });
      const { statuses, errors } = await store.write([
        { kind: 'insert', key: 'lonely', score: 1, member: 'm' },
      ]);
      expect(statuses).toEqual(['failed']);
      expect(errors.get('lonely')).toMatchObject({ code: 'NO_QUORUM' });
      // What was written without a quorum stays, and arrives when it does.
      const lonely = await waitFor(async () => {
        const [result] = await store.read(['lonely'], { limit: 1 });
        return result !== undefined && 'entries' in result && result.entries.length === 1 && result;
      });
      expect(lonely).toMatchObject({
        entries: [{ score: 1, member: 'm' }],
        unanswered: [proxies[0]!.address, proxies[1]!.address],
      });
      proxies[2]!.cut();
      await waitFor(() => store.health().every(({ down }) => down !== undefined), {
        what: 'the last to be cut off',
      });
      expect((await store.read(['lonely'], { limit: 1 }))[0]).toMatchObject({
        error: { code: 'READ_FAILED' },
      });
      const merged = await store.readMerged(['lonely', 'other'], { limit: 5 });
      expect([merged.entries.length, [...merged.errors.keys()]]).toEqual([0, ['lonely', 'other']]);
      for (const proxy of proxies) proxy.mend();
      await waitFor(() => store.health().every(({ down }) => down === undefined), { what: 'all to be back' });
    });
    expect(failed).toBeGreaterThan(0);
    await expectHealed();
  }, 60_000);
});

function operationOf(serial: number): Operation {
  const score = 1000 + serial + ((serial * 7919) % 13);
  const base = { key: KEYS[serial % KEYS.length]!, member: `m${(serial * 31) % 700}` };
  return serial % 4 === 3 ? { kind: 'delete', ...base, score } : { kind: 'insert', ...base, score };
}
