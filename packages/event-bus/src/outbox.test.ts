import { newEvent, type CloudEvent } from '@binnacle/event-schemas';
import { waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import type { EventBus } from './contract.ts';
import { EventBusError } from './errors.ts';
import { Outbox } from './outbox.ts';

const event = (n: number): CloudEvent => newEvent({ source: '/test', type: 'made', id: String(n), data: n });

/** A bus whose other side the test plays. */
class PlayedBus {
  readonly published: string[][] = [];
  answer: () => Promise<void> = () => Promise.resolve();
  closed = false;

  async publish(events: readonly CloudEvent[]): Promise<void> {
    await this.answer();
    this.published.push(events.map(({ id }) => id));
  }

  async close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function outboxOn(played: PlayedBus, options: { capacity?: number; batchSize?: number } = {}): Outbox {
  return new Outbox({ bus: played as unknown as EventBus, ...options });
}

it('publishes in order, what came together in one batch', async () => {
  const bus = new PlayedBus();
  const outbox = outboxOn(bus, { batchSize: 2 });
  for (let i = 0; i < 3; i++) outbox.add(event(i));
  await outbox.close();
  expect(bus.published).toEqual([['0', '1'], ['2']]);
  expect(outbox).toMatchObject({ published: 3, dropped: 0, waiting: 0 });
  expect(bus.closed).toBe(true);
});

it('tries again what the other side could not take, and loses nothing', async () => {
  const bus = new PlayedBus();
  let failures = 3;
  bus.answer = () =>
    failures-- > 0 ? Promise.reject(new EventBusError('BUS_UNAVAILABLE', 'away')) : Promise.resolve();
  const outbox = outboxOn(bus);
  outbox.add(event(1));
  await waitFor(() => outbox.published === 1);
  expect(bus.published).toEqual([['1']]);
});

it('gives up what is refused for good, and goes on', async () => {
  const bus = new PlayedBus();
  const outbox = outboxOn(bus);
  bus.answer = () => Promise.reject(new EventBusError('BUS_REJECTED', 'no'));
  outbox.add(event(1));
  await waitFor(() => outbox.dropped === 1);
  bus.answer = () => Promise.resolve();
  outbox.add(event(2));
  await waitFor(() => outbox.published === 1);
  expect(bus.published).toEqual([['2']]);
});

it('keeps the newest when the other side is away for long, and counts the rest', async () => {
  const bus = new PlayedBus();
  let open = (): void => undefined;
  const away = new Promise<void>((resolve) => (open = resolve));
  bus.answer = () => away;
  const outbox = outboxOn(bus, { capacity: 3, batchSize: 1 });
  for (let i = 0; i < 6; i++) outbox.add(event(i));
  expect(outbox).toMatchObject({ waiting: 3, dropped: 3 });
  open();
  await waitFor(() => outbox.waiting === 0);
  expect(bus.published.flat().slice(-3)).toEqual(['3', '4', '5']);
});
