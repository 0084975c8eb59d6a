import { KafkaBus } from '@binnacle/event-bus';
import type { RunningService } from '@binnacle/service-kit';
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
    {
      await using running = await startStreams({ folder: folder.path, argv });
      await expectSeven(running);
    }
    expect((await bus.deadLetters('stream-service').preview(10)).letters).toMatchObject([
      { code: 'EVENT_BAD_DATA', event: { data: { nothing: true } } },
    ]);
    // Kafka still has what the log has let go.
    await using running = await startStreams({
      folder: folder.path,
      argv: [...argv, '--log.retention.events=2'],
    });
    const get = async <T>(path: string): Promise<T> => (await running.app.inject(path)).json<T>();
    await waitFor(
      async () => (await get<{ events: unknown[] }>('/api/v1/events?limit=1000')).events.length === 2,
    );
    const stray = [{ key: 'c2VydmljZTp0cmFja3M=', score: 1, member: 'c3RyYXk=' }];
    await running.app.inject({ method: 'POST', url: '/', payload: JSON.stringify(stray) });
    await running.app.inject({ method: 'POST', url: '/api/v1/timelines/rebuild?source=kafka' });
    await waitFor(
      async () => (await get<{ state: string }>('/api/v1/timelines/rebuild')).state !== 'running',
      { timeoutMs: 40_000 },
    );
    expect(await get('/api/v1/timelines/rebuild')).toMatchObject({
      state: 'done',
      source: 'kafka',
      events: 10,
      total: 10,
    });
    const { items } = await get<{ items: unknown[] }>('/api/v1/timelines?key=service:tracks');
    expect(items).toHaveLength(7);
    await bus.close();
  }, 180_000);

  async function expectSeven(running: RunningService): Promise<void> {
    const count = async (): Promise<number> =>
      (await running.app.inject('/api/v1/events?limit=1000')).json<{ events: unknown[] }>().events.length;
    await waitFor(async () => (await count()) === 7, { timeoutMs: 30_000 });
  }
});
