import { fileURLToPath } from 'node:url';
import { HttpBus, PermanentError } from '@binnacle/event-bus';
import { busContract } from '@binnacle/event-bus/testing';
import { newEvent } from '@binnacle/event-schemas';
import { freePort, startProcess, tempDir, waitFor, type RunningProcess } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { startStreams } from '../testing/startStreams.ts';

const cli = fileURLToPath(new URL('../../../../packages/event-bus/src/cli/main.ts', import.meta.url));
const backoff = { firstMs: 10, longestMs: 100 };

describe('the bus over HTTP to stream-service', () => {
  busContract(async () => {
    const running = await startStreams();
    return {
      open: () => new HttpBus({ url: running.url, backoff }),
      [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
    };
  });

  const event = newEvent({ source: '/test', type: 'made', data: {} });

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
  const command = (name: string): Promise<RunningProcess> =>
    startProcess({
      command: process.execPath,
      args: ['-C', '@binnacle/source', cli, name, '--group=mail', `--url=${running.url}`],
      readyOutput: /(dead letters of|delivered again to) mail\n/,
    });
  await waitFor(async () => (await bus.deadLetters('mail').preview(1)).letters.length === 1);
  expect((await command('dead-letters')).output()).toMatch(
    /  0  NO_ADDRESS after 1: nobody to send it to  \(made/,
  );
  broken = false;
  expect((await command('redrive')).output()).toContain('1 delivered again to mail');
  await waitFor(() => seen.length === 1);
  await bus.close();
}, 60_000);
