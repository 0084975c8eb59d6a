import { describeWith, tempDir } from '@binnacle/testing';
import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import { findKafka, KAFKA_VERSIONS, startKafka, type KafkaBroker } from './index.ts';

it('says what is wrong with KAFKA_HOME and with a version', async () => {
  await expect(findKafka({ kafkaHome: '/nowhere' })).rejects.toThrow(
    /KAFKA_HOME: expected a folder with libs/,
  );
});

describeWith('java', 'a real Kafka that kafkajs speaks to', () => {
  it.each(KAFKA_VERSIONS)(
    '%s keeps what was acknowledged over a crash',
    async (version) => {
      await using broker = await startKafka({ version });
      const kafka = new Kafka({
        brokers: [broker.bootstrap],
        logLevel: logLevel.NOTHING,
        retry: { retries: 15 },
      });
      const admin = kafka.admin();
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: 'events', numPartitions: 2 }] });
      const producer = kafka.producer({ idempotent: true });
      await producer.connect();
      await producer.send({ topic: 'events', messages: [{ key: 'a', value: 'before the crash' }] });

      await broker.halt('SIGKILL');
      await broker.resume();

      await producer.send({ topic: 'events', messages: [{ key: 'a', value: 'after the crash' }] });
      const seen: string[] = [];
      const consumer = kafka.consumer({ groupId: 'test' });
      await consumer.connect();
      await consumer.subscribe({ topic: 'events', fromBeginning: true });
      await new Promise<void>((resolve) => {
        void consumer.run({
          eachMessage: async ({ message }) => {
            seen.push(String(message.value));
            if (seen.length === 2) resolve();
            return Promise.resolve();
          },
        });
      });
      expect(seen).toEqual(['before the crash', 'after the crash']);
      await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()]);
    },
    120_000,
  );

  it('starts again on the data of an earlier one, on whatever port', async () => {
    using folder = tempDir('kafka');
    const lastOffset = async (broker: KafkaBroker): Promise<string> => {
      const admin = new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING }).admin();
      await admin.connect();
      const [partition] = await admin.fetchTopicOffsets('kept');
      await admin.disconnect();
      return partition!.high;
    };
    {
      await using first = await startKafka({ folder: folder.path, partitions: 1 });
      const producer = new Kafka({ brokers: [first.bootstrap], logLevel: logLevel.NOTHING }).producer();
      await producer.connect();
      await producer.send({ topic: 'kept', messages: [{ value: 'a' }, { value: 'b' }] });
      await producer.disconnect();
    }
    await using second = await startKafka({ folder: folder.path, partitions: 1 });
    expect(await lastOffset(second)).toBe('2');
  }, 120_000);
});
