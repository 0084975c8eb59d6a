import { describeWith, tempDir } from '@binnacle/testing';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { expect, it } from 'vitest';
import { findKafka, KAFKA_VERSIONS, startKafka, type KafkaBroker } from './index.ts';
import { dockerRunner, nodeProperties } from './runner.ts';

it('says what is wrong with KAFKA_HOME and with a version', async () => {
  await expect(findKafka({ kafkaHome: '/nowhere' })).rejects.toThrow(
    /KAFKA_HOME: expected a folder with libs/,
  );
});

it('takes the jars of KAFKA_HOME, whose version it leaves to the person who set it', async () => {
  using folder = tempDir('kafka-home');
  mkdirSync(join(folder.path, 'libs'));
  expect(await findKafka({ kafkaHome: folder.path })).toEqual({
    origin: `Kafka of KAFKA_HOME (${folder.path})`,
    classPath: join(folder.path, 'libs', '*'),
  });
});

it('gives a container every property that a node needs, and keeps it until the end', () => {
  const runner = dockerRunner('apache/kafka:4.1.0', 19092, 6);
  const args = runner.first[1];
  expect(args).toContain('127.0.0.1:19092:9092');
  expect(args).toContain('KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:19092');
  expect(args).toContain('KAFKA_LISTENERS=PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093');
  expect(args).toContain('KAFKA_NUM_PARTITIONS=6');
  expect(args).not.toContain('--rm');
  expect(args.filter((arg) => arg.startsWith('KAFKA_'))).toHaveLength(
    Object.keys(nodeProperties({ data: '', listen: '', controller: '', advertised: '', partitions: 1 }))
      .length,
  );
  expect(runner.again[1].at(-1)).toBe(args[args.indexOf('--name') + 1]);
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
