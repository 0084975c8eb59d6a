import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HttpBus, PARTITIONS, partitionOf, PermanentError, type Share } from '@binnacle/event-bus';
import { busContract } from '@binnacle/event-bus/testing/contract';
import { newEvent } from '@binnacle/event-schemas';
import type { RunningService } from '@binnacle/service-kit';
import { freePort, tempDir, waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { startStreams } from '../testing/startStreams.ts';

const cli = fileURLToPath(new URL('../../../../packages/event-bus/src/cli/main.ts', import.meta.url));
const backoff = { firstMs: 10, longestMs: 100 };
const event = newEvent({ source: '/test', type: 'made', data: {} });

describe('the bus over HTTP to stream-service', () => {
  busContract(async () => {
    const running = await startStreams();
    return {
      open: () => new HttpBus({ url: running.url, backoff }),
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    };
  });

  it('publishes once the service has come back', async () => {
    using folder = tempDir('streams');
    const address = `127.0.0.1:${await freePort()}`;
    const bus = new HttpBus({ url: `http://${address}`, backoff });
    const publishing = bus.publish([event]);
    await using running = await startStreams({
      folder: folder.path,
      argv: [`--web.listen-address=${address}`],
    });
    await publishing;
    expect((await running.app.inject('/api/v1/events/0')).json()).toMatchObject({ event });
    await bus.close();
  });

  it('gives up when that takes too long, and at once when an event is not acceptable', async () => {
    const away = new HttpBus({ url: `http://127.0.0.1:${await freePort()}`, backoff, publishTimeoutMs: 200 });
    await expect(away.publish([event])).rejects.toMatchObject({ code: 'BUS_UNAVAILABLE', retriable: true });
    await using running = await startStreams();
    const bus = new HttpBus({ url: running.url, backoff });
    const bad = { ...event, type: 'deploy.finished' };
    await expect(bus.publish([bad])).rejects.toMatchObject({ code: 'BUS_REJECTED', retriable: false });
    await bus.close();
  });
});

describe('consumers of one group over HTTP', () => {
  const renew = async (running: RunningService, consumer: string, holding: number[] = []) => {
    const url = '/api/v1/groups/shared/lease';
    const payload = { consumer, ttlMs: 1_000, holding };
    return (await running.app.inject({ method: 'POST', url, payload })).json<Share>();
  };
  const keyed = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) =>
      newEvent({ id: `e${from + i}`, source: '/test', type: 'made', partitionkey: `k${i % 40}`, data: {} }),
    );

  it('take over the partitions of one that died when its lease ends; its late position is refused', async () => {
    await using running = await startStreams();
    expect((await renew(running, 'dead')).partitions).toHaveLength(PARTITIONS);
    const bus = new HttpBus({ url: running.url, backoff });
    await bus.publish(keyed(0, 100));
    const seen: string[] = [];
    await bus.consume({
      group: 'shared',
      handle: async (some) => void seen.push(...some.map(({ id }) => id)),
    });
    await waitFor(() => seen.length === 100, { timeoutMs: 10_000 });
    const late = await running.app.inject({
      method: 'PUT',
      url: '/api/v1/groups/shared',
      payload: { offset: -1, consumer: 'dead', partitions: [5] },
    });
    expect(late.statusCode).toBe(409);
    expect(late.json()).toMatchObject({ error: { code: 'STREAM_LEASE_HELD' } });
    await bus.close();
    expect((await renew(running, 'third')).partitions).toHaveLength(PARTITIONS);
  });

  it('go on from the position of each partition, whatever the others did', async () => {
    await using running = await startStreams();
    const bus = new HttpBus({ url: running.url, backoff });
    const events = keyed(0, 200);
    await bus.publish(events);
    const put = { method: 'PUT', url: '/api/v1/groups/shared' } as const;
    for (const [partition, offset] of [49, 99, 149].entries()) {
      await running.app.inject({ ...put, payload: { offset, partitions: [partition] } });
    }
    const expected = events.filter((one, offset) => offset > ([49, 99, 149][partitionOf(one)] ?? -1));
    const seen: string[] = [];
    await bus.consume({
      group: 'shared',
      batchSize: 7,
      handle: async (some) => void seen.push(...some.map(({ id }) => id)),
    });
    await waitFor(() => seen.length >= expected.length);
    expect(seen.toSorted()).toEqual(expected.map(({ id }) => id).toSorted());
    await waitFor(async () => {
      const { offset, lag } = (await running.app.inject(put.url)).json<{ offset: number; lag: number }>();
      return offset === 199 && lag === 0;
    });
    await bus.close();
  });

  it('give partitions up that they cannot get on with when another consumer joins', async () => {
    await using running = await startStreams();
    const stuck = new HttpBus({ url: running.url, backoff });
    await stuck.publish(keyed(0, 200));
    let failed = 0;
    await stuck.consume({
      group: 'shared',
      handle: async () => {
        failed++;
        throw new Error('its disk is full');
      },
    });
    await waitFor(() => failed > 0);
    const sound = new HttpBus({ url: running.url, backoff });
    const seen = new Set<string>();
    await sound.consume({ group: 'shared', handle: async (some) => some.forEach(({ id }) => seen.add(id)) });
    await waitFor(() => seen.size > 50, { timeoutMs: 10_000 });
    await stuck.close();
    await waitFor(() => seen.size === 200, { timeoutMs: 10_000 });
    await sound.close();
  });

  it('keep what they have over a restart of the server, which gives it to nobody else meanwhile', async () => {
    using folder = tempDir('streams');
    {
      await using running = await startStreams({ folder: folder.path });
      await running.app.inject({ method: 'PUT', url: '/api/v1/groups/shared', payload: { offset: -1 } });
    }
    await using running = await startStreams({ folder: folder.path });
    expect((await renew(running, 'new')).partitions).toEqual([]);
    expect((await renew(running, 'old', [1, 2])).partitions).toEqual([1, 2]);
  });
});

it('lets a person look at dead letters and deliver them again from the command line', async () => {
  await using running = await startStreams();
  const bus = new HttpBus({ url: running.url, backoff });
  let broken = true;
  const seen: string[] = [];
  await bus.consume({
    group: 'mail',
    handle: async (events) => {
      if (broken) throw new PermanentError('NO_ADDRESS', 'nobody to send it to');
      seen.push(...events.map(({ id }) => id));
    },
  });
  await bus.publish([newEvent({ id: 'e1', source: '/test', type: 'made', data: {} })]);
  const command = async (name: string): Promise<string> => {
    const args = ['-C', '@binnacle/source', cli, name, '--group=mail', `--url=${running.url}`];
    return (await promisify(execFile)(process.execPath, args)).stdout;
  };
  await waitFor(async () => (await bus.deadLetters('mail').preview(1)).letters.length === 1);
  expect(await command('dead-letters')).toMatch(/  0  NO_ADDRESS after 1: nobody to send it to  \(made/);
  broken = false;
  expect(await command('redrive')).toContain('1 delivered again to mail');
  await waitFor(() => seen.length === 1);
  await bus.close();
}, 60_000);
