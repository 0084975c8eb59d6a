import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { HttpBus, PermanentError } from '@binnacle/event-bus';
import { busContract } from '@binnacle/event-bus/testing/contract';
import { newEvent } from '@binnacle/event-schemas';
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

describe('several consumers of one group over HTTP', () => {
  it('take turns: one has the events, in order, and the next goes on where it came to', async () => {
    await using running = await startStreams();
    const publisher = new HttpBus({ url: running.url, backoff });
    const seen: { by: number; n: number }[] = [];
    const buses = [0, 1].map(() => new HttpBus({ url: running.url, backoff }));
    for (const [by, bus] of buses.entries()) {
      await bus.consume({
        group: 'shared',
        batchSize: 10,
        handle: async (events) => void seen.push(...events.map(({ data }) => ({ by, n: data as number }))),
      });
    }
    const publish = (from: number) =>
      publisher.publish(
        Array.from({ length: 50 }, (_, i) => newEvent({ source: '/test', type: 'made', data: from + i })),
      );
    await publish(0);
    await waitFor(() => seen.length >= 50);
    const holder = seen[0]!.by;
    await buses[holder]!.close();
    await publish(50);
    await waitFor(() => seen.length >= 100, { timeoutMs: 10_000 });
    expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => ({ by: n < 50 ? holder : 1 - holder, n })));
    await buses[1 - holder]!.close();
    await publisher.close();
  });

  it('one that died loses its turn when its lease ends, and may not move the position any more', async () => {
    await using running = await startStreams();
    const url = '/api/v1/groups/shared';
    const take = async (consumer: string): Promise<unknown> => {
      const payload = { consumer, ttlMs: 1_000 };
      return (await running.app.inject({ method: 'POST', url: `${url}/lease`, payload })).json();
    };
    expect(await take('dead')).toMatchObject({ granted: true, holder: 'dead' });
    const bus = new HttpBus({ url: running.url, backoff });
    await bus.publish([event]);
    let handled = 0;
    await bus.consume({ group: 'shared', handle: async (events) => void (handled += events.length) });
    expect(await take('third')).toMatchObject({ granted: false, holder: 'dead' });
    await waitFor(() => handled === 1, { timeoutMs: 10_000 });
    const late = await running.app.inject({
      method: 'PUT',
      url,
      payload: { offset: -1, consumer: 'dead' },
    });
    expect(late.statusCode).toBe(409);
    expect(late.json()).toMatchObject({ error: { code: 'STREAM_LEASE_HELD' } });
    await bus.close();
    expect(await take('third')).toMatchObject({ granted: true, holder: 'third' });
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
