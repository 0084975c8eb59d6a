import { startKafka, type KafkaBroker } from '@binnacle/kafka';
import { newEvent, type CloudEvent } from '@binnacle/event-schemas';
import { describeWith, waitFor } from '@binnacle/testing';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { busContract } from '../testing/busContract.ts';
import { KafkaBus } from './kafkaBus.ts';

const backoff = { firstMs: 10, longestMs: 100 };
const PATIENCE_MS = 100_000;

describeWith('java', 'the bus on a real Kafka', () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafka({ partitions: 4 });
  }, 120_000);
  afterAll(async () => broker.stop(), 30_000);

  const opened: KafkaBus[] = [];
  // Waits of a test are long, because a broker on a busy machine takes its time to come back.
  const open = (topic: string): KafkaBus => {
    const publishTimeoutMs = PATIENCE_MS;
    const bus = new KafkaBus({
      brokers: [broker.bootstrap],
      topic,
      partitions: 4,
      backoff,
      publishTimeoutMs,
    });
    opened.push(bus);
    return bus;
  };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((bus) => bus.close()));
  }, 60_000);
  const event = (n: number): CloudEvent =>
    newEvent({ id: `e${n}`, source: '/kafka', type: 'made', partitionkey: `k${n % 16}`, data: { n } });
  const range = (from: number, to: number): CloudEvent[] =>
    Array.from({ length: to - from }, (_, i) => event(from + i));

  describe('contract', () => {
    busContract(async () => ({
      open: () => open('contract'),
      [Symbol.asyncDispose]: async () => Promise.resolve(),
    }));
  });

  it(
    'gives nothing up when the broker is killed and comes back',
    async () => {
      const bus = open('restart');
      const seen = new Set<string>();
      await bus.consume({ group: 'g', handle: async (some) => some.forEach(({ id }) => seen.add(id)) });
      await bus.publish(range(0, 500));
      await waitFor(() => seen.size === 500, { timeoutMs: PATIENCE_MS });
      await broker.halt('SIGKILL');
      const publishing = bus.publish(range(500, 1000));
      await broker.resume();
      await publishing;
      await waitFor(() => seen.size === 1000, { timeoutMs: PATIENCE_MS });
      await bus.close();
    },
    3 * PATIENCE_MS,
  );

  it(
    'shares partitions with a second consumer and takes them over when it leaves',
    async () => {
      const [first, second] = [open('shared'), open('shared')];
      const seen = [new Set<string>(), new Set<string>()] as const;
      const consume = (bus: KafkaBus, into: Set<string>) =>
        bus.consume({
          group: 'g',
          batchSize: 50,
          handle: async (some) => some.forEach(({ id }) => into.add(id)),
        });
      await consume(first, seen[0]);
      await consume(second, seen[1]);
      let published = 0;
      await waitFor(
        async () => {
          await first.publish(range(published, published + 200));
          published += 200;
          return seen[0].size > 0 && seen[1].size > 0;
        },
        { timeoutMs: PATIENCE_MS, intervalMs: 200, what: 'both consumers to get events' },
      );
      await second.close();
      await first.publish(range(published, published + 200));
      published += 200;
      await waitFor(() => new Set([...seen[0], ...seen[1]]).size === published, { timeoutMs: PATIENCE_MS });
      await first.close();
    },
    3 * PATIENCE_MS,
  );

  it('replays 1,000,000 events from the beginning, each once and in the order of its key', async () => {
    const bus = open('replay');
    const count = 1_000_000;
    for (let at = 0; at < count; at += 10_000) await bus.publish(range(at, at + 10_000));
    const times = new Uint8Array(count);
    const latest = new Map<string, number>();
    let seen = 0;
    let disorder = 0;
    await bus.consume({
      group: 'from-the-beginning',
      batchSize: 5_000,
      concurrency: 2,
      handle: async (some) => {
        for (const { partitionkey, data } of some) {
          const { n } = data as { n: number };
          if (n <= (latest.get(partitionkey!) ?? -1)) disorder++;
          latest.set(partitionkey!, n);
          times[n]!++;
          seen++;
        }
      },
    });
    await waitFor(() => seen >= count, { timeoutMs: 240_000 });
    expect({ seen, disorder }).toEqual({ seen: count, disorder: 0 });
    expect(times.every((once) => once === 1)).toBe(true);
    await bus.close();
  }, 480_000);

  it(
    'publishes more of one key than a broker takes in one batch, and refuses an event that is too large',
    async () => {
      const bus = open('large');
      const large = (n: number, bytes: number): CloudEvent => ({
        ...event(n),
        partitionkey: 'k',
        data: 'x'.repeat(bytes),
      });
      await bus.publish(Array.from({ length: 400 }, (_, n) => large(n, 5_000)));
      let seen = 0;
      await bus.consume({ group: 'g', handle: async (some) => void (seen += some.length) });
      await waitFor(() => seen === 400, { timeoutMs: PATIENCE_MS });
      await expect(bus.publish([large(400, 2_000_000)])).rejects.toMatchObject({ code: 'BUS_REJECTED' });
      await bus.close();
    },
    3 * PATIENCE_MS,
  );

  it(
    'buries a poisoned record once, with its origin, and goes on',
    async () => {
      const bus = open('poison');
      await bus.publish([event(1)]);
      const kafka = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
      const producer = kafka.producer();
      await producer.connect();
      await producer.send({
        topic: 'poison',
        messages: Array.from({ length: 5 }, () => ({ key: 'k', value: '{ no event' })),
      });
      await producer.disconnect();
      await bus.publish([event(2)]);
      const seen: string[] = [];
      await bus.consume({ group: 'g', handle: async (some) => void seen.push(...some.map(({ id }) => id)) });
      await waitFor(() => seen.length === 2, { timeoutMs: PATIENCE_MS });
      const letters = await waitFor(
        async () => {
          const found = (await bus.deadLetters('g').preview(100)).letters;
          return found.length >= 5 ? found : undefined;
        },
        { timeoutMs: PATIENCE_MS },
      );
      expect(letters).toHaveLength(5);
      expect(letters[0]).toMatchObject({ code: 'EVENT_BAD_MESSAGE', attempts: 1 });
      expect(letters[0]!.origin).toMatch(/^poison\/\d\/\d$/);
      const admin = kafka.admin();
      await admin.connect();
      const ends = await admin.fetchTopicOffsets('poison.g.dlq');
      expect(ends.reduce((sum, { high }) => sum + Number(high), 0)).toBe(5);
      await admin.disconnect();
      await bus.close();
    },
    3 * PATIENCE_MS,
  );
});
