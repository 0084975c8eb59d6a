import type { Consumer, Kafka, KafkaMessage } from 'kafkajs';
import type { DeadLetter, DeadLetterPreview, DeadLetters } from '../contract.ts';
import { EventBusError, PermanentError } from '../errors.ts';
import type { Failure } from '../delivery.ts';
import { checkedEnvelope, singleHeaders } from './decode.ts';
import type { KafkaRecord } from './kafkaBus.ts';
import type { KafkaPlace } from './kafkaSubscription.ts';
import { topicOffsets } from './topicOffsets.ts';

/** The topic of a group's dead letters. */
export function deadLetterTopic(topic: string, group: string): string {
  return `${topic}.${group}.dlq`.replaceAll(/[^\w.-]/g, '_');
}

/**
 * A record as its dead letter: value and headers untouched, with where it stood and why it failed in `dlq-*` headers.
 * Its key is its origin, so a letter that is written twice is known as one.
 */
export function deadLetterRecord(
  { topic, partition, message }: KafkaPlace,
  group: string,
  failure: Failure,
): KafkaRecord {
  const origin = `${topic}/${partition}/${message.offset}`;
  return {
    key: origin,
    value: message.value,
    headers: {
      ...(singleHeaders(message.headers ?? {}) as Record<string, Buffer>),
      'dlq-origin-topic': topic,
      'dlq-origin-partition': String(partition),
      'dlq-origin-offset': message.offset,
      'dlq-origin-timestamp': message.timestamp,
      ...(message.key === null ? {} : { 'dlq-origin-key': message.key }),
      'dlq-group': group,
      'dlq-error-code': failure.code,
      'dlq-error-message': failure.message,
      'dlq-attempts': String(failure.attempts),
      'dlq-failed-at': new Date().toISOString(),
    },
  };
}

interface Letter {
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** First and last offset (exclusive) to read of each partition. */
type Range = ReadonlyMap<number, { readonly from: bigint; readonly to: bigint }>;

export interface KafkaDeadLettersOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly ensureTopic: () => Promise<void>;
  readonly send: (topic: string, records: KafkaRecord[]) => Promise<void>;
}

/**
 * Dead letters in a topic. What was redriven is remembered as the position of a consumer group of the topic's name, so
 * that a preview shows what lies after it. A token is the offsets up to which a preview looked.
 */
export class KafkaDeadLetters implements DeadLetters {
  readonly #options: KafkaDeadLettersOptions;

  constructor(options: KafkaDeadLettersOptions) {
    this.#options = options;
  }

  async preview(limit: number): Promise<DeadLetterPreview> {
    await this.#options.ensureTopic();
    const letters = await this.#read(await this.#range(), limit, async () => Promise.resolve());
    const upTo = new Map<number, string>();
    for (const { partition, message } of letters) upTo.set(partition, String(BigInt(message.offset) + 1n));
    const byOrigin = new Map(letters.map(({ message }) => [String(message.key), deadLetter(message)]));
    return { letters: [...byOrigin.values()], token: JSON.stringify([...upTo]) };
  }

  async redrive(token: string): Promise<number> {
    const range = await this.#range(upToOf(token));
    let redriven = 0;
    await this.#read(range, Infinity, async (letters, consumer) => {
      const byOrigin = new Map(letters.map(({ message }) => [String(message.key), message]));
      redriven = byOrigin.size;
      const records = new Map<string, KafkaRecord[]>();
      for (const message of byOrigin.values()) {
        const headers = singleHeaders(message.headers ?? {}) as Record<string, Buffer>;
        const topic = String(headers['dlq-origin-topic']);
        records.set(topic, [...(records.get(topic) ?? []), originalRecord(message, headers)]);
      }
      for (const [topic, some] of records) await this.#options.send(topic, some);
      const offsets = [...range].map(([partition, { to }]) => ({
        topic: this.#options.topic,
        partition,
        offset: String(to),
      }));
      await consumer.commitOffsets(offsets);
    });
    return redriven;
  }

  /** From where the last redrive ended to the end of the topic, or to where a preview looked. */
  async #range(upTo?: ReadonlyMap<number, string>): Promise<Range> {
    const { kafka, topic } = this.#options;
    const admin = kafka.admin();
    await admin.connect();
    try {
      const ends = await topicOffsets(admin, topic);
      const [kept] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
      const done = new Map(kept?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
      const range = new Map<number, { from: bigint; to: bigint }>();
      for (const { partition, low, high } of ends) {
        const from = [low, done.get(partition) ?? 0n].reduce((a, b) => (a > b ? a : b));
        const to = upTo === undefined ? high : BigInt(upTo.get(partition) ?? from);
        if (to > from) range.set(partition, { from, to });
      }
      return range;
    } finally {
      await admin.disconnect();
    }
  }

  /** Reads a range to its end or to the limit, then hands it over with the consumer still in its group. */
  async #read(
    range: Range,
    limit: number,
    use: (letters: readonly Letter[], consumer: Consumer) => Promise<void>,
  ): Promise<Letter[]> {
    if (range.size === 0) return [];
    const { kafka, topic } = this.#options;
    const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100 });
    await consumer.connect();
    try {
      const letters: Letter[] = [];
      const open = new Set(range.keys());
      await consumer.subscribe({ topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
        consumer
          .run({
            autoCommit: false,
            eachMessage: async ({ partition, message }) => {
              const { from, to } = range.get(partition) ?? { from: 0n, to: 0n };
              const offset = BigInt(message.offset);
              if (offset >= from && offset < to && letters.length < limit)
                letters.push({ partition, message });
              if (offset + 1n >= to) open.delete(partition);
              if (open.size === 0 || letters.length >= limit) resolve();
              return Promise.resolve();
            },
          })
          .then(() => {
            for (const [partition, { from }] of range)
              consumer.seek({ topic, partition, offset: String(from) });
          })
          .catch(reject);
      });
      await use(letters, consumer);
      return letters;
    } finally {
      await consumer.disconnect();
    }
  }
}

function originalRecord(message: KafkaMessage, headers: Record<string, Buffer>): KafkaRecord {
  const original = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('dlq-')));
  return { key: headers['dlq-origin-key'] ?? null, value: message.value, headers: original };
}

function deadLetter(message: KafkaMessage): DeadLetter {
  const headers = singleHeaders(message.headers ?? {});
  const text = (name: string): string => String(headers[`dlq-${name}`] ?? '');
  const origin = text('origin-key');
  const key = origin === '' ? null : Buffer.from(origin);
  const event = checkedEnvelope({ key, value: message.value, headers: message.headers });
  return {
    origin: String(message.key),
    code: text('error-code'),
    message: text('error-message'),
    attempts: Number(text('attempts')),
    failedAt: text('failed-at'),
    ...(event instanceof PermanentError ? {} : { event }),
  };
}

function upToOf(token: string): Map<number, string> {
  try {
    return new Map(JSON.parse(token) as [number, string][]);
  } catch (cause) {
    throw new EventBusError('BUS_BAD_TOKEN', `expected a token of a preview, found ${token.slice(0, 80)}`, {
      cause,
    });
  }
}
