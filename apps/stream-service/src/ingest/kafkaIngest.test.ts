import { KafkaBus } from '@binnacle/event-bus';
import { startKafka } from '@binnacle/kafka';
import { describeWith, tempDir, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { deploy, startStreams } from '../testing/startStreams.ts';

describeWith('java', 'events of a real Kafka', () => {
  it('come into the log and the timelines once, over a restart, and poison becomes a dead letter', async () => {
    await using broker = await startKafka({ partitions: 2 });
    using folder = tempDir('streams');
    const bus = new KafkaBus({ brokers: [broker.bootstrap], topic: 'events', partitions: 2 });
    const argv = [`--kafka.brokers=${broker.bootstrap}`];
    const days = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) =>
        deploy('tracks', new Date(Date.UTC(2026, 0, from + i)).toISOString()),
      );
    const bad = { ...deploy('tracks', '2026-01-31T00:00:00Z'), data: { nothing: true } };
    {
      await using running = await startStreams({ folder: folder.path, argv });
      await bus.publish([...days(1, 6), bad, ...days(1, 3)]);
      const items = async (): Promise<unknown[]> =>
        (await running.app.inject('/api/v1/timelines?key=service:tracks')).json<{ items: unknown[] }>().items;
      await waitFor(async () => (await items()).length === 5, { timeoutMs: 30_000 });
    }
    await bus.publish(days(6, 8));
    await using running = await startStreams({ folder: folder.path, argv });
    const count = async (): Promise<number> =>
      (await running.app.inject('/api/v1/events?limit=1000')).json<{ events: unknown[] }>().events.length;
    await waitFor(async () => (await count()) === 7, { timeoutMs: 30_000 });
    expect((await bus.deadLetters('stream-service').preview(10)).letters).toMatchObject([
      { code: 'EVENT_BAD_DATA', event: { data: { nothing: true } } },
    ]);
    await bus.close();
  }, 120_000);
});
