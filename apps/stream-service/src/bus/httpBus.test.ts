import { HttpBus } from '@binnacle/event-bus';
import { busContract } from '@binnacle/event-bus/testing';
import { newEvent } from '@binnacle/event-schemas';
import { freePort, tempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { startStreams } from '../testing/startStreams.ts';

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
