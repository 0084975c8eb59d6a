import { toKafka, type CloudEvent } from '@binnacle/event-schemas';
import { Kafka, logLevel, type KafkaConfig, type Producer } from 'kafkajs';
import { DEFAULT_BACKOFF, pause, type Backoff } from '../backoff.ts';
import type { ConsumeOptions, DeadLetters, EventBus, Subscription } from '../contract.ts';
import { EventBusError } from '../errors.ts';
import { deadLetterTopic, KafkaDeadLetters } from './deadLetters.ts';
import { KafkaSubscription } from './kafkaSubscription.ts';
import { replayTopic, type ReplayOptions } from './replay.ts';

export interface KafkaBusOptions {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Partitions of topics that this bus makes. Default: what the broker says. */
  readonly partitions?: number;
  readonly clientId?: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
  /** How long a publish is tried. Default 30,000. */
  readonly publishTimeoutMs?: number;
  readonly backoff?: Backoff;
}

const PUBLISHED_AT_ONCE = 2_500;
/** Values of one request: the records of one key form one batch, of which a broker takes 1 MB unless told otherwise. */
const PUBLISHED_BYTES = 512 * 1024;
/** Of one partition at a time. */
const MAX_FETCHED_BYTES = 2 * 1024 ** 2;

/**
 * The bus on Apache Kafka: one topic, keyed by `partitionkey`, acknowledged by all in-sync replicas. Consumers of one
 * group share its partitions. Dead letters of a group go to `<topic>.<group>.dlq`.
 */
export class KafkaBus implements EventBus {
  readonly #options: KafkaBusOptions;
  readonly #kafka: Kafka;
  readonly #subscriptions = new Set<Subscription>();
  readonly #topics = new Set<string>();
  #producer: Promise<Producer> | undefined;
  #closed = false;

  constructor(options: KafkaBusOptions) {
    this.#options = options;
    this.#kafka = new Kafka({
      brokers: [...options.brokers],
      clientId: options.clientId ?? 'binnacle',
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 8 },
      ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
      ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
    });
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    let records: KafkaRecord[] = [];
    let bytes = 0;
    for (const event of events) {
      const { key, value, headers } = toKafka(event) as KafkaRecord;
      const size = Buffer.byteLength(value ?? '');
      if (records.length === PUBLISHED_AT_ONCE || (bytes > 0 && bytes + size > PUBLISHED_BYTES)) {
        await this.#send(this.#options.topic, records);
        records = [];
        bytes = 0;
      }
      records.push({ key, value, headers });
      bytes += size;
    }
    if (records.length > 0) await this.#send(this.#options.topic, records);
  }

  async consume(consume: ConsumeOptions): Promise<Subscription> {
    this.#requireOpen();
    const { topic, backoff = DEFAULT_BACKOFF } = this.#options;
    await this.#ensureTopic(topic);
    const subscription = new KafkaSubscription({
      consumer: this.#kafka.consumer({
        groupId: consume.group,
        sessionTimeout: 10_000,
        maxWaitTimeInMs: 250,
        maxBytesPerPartition: MAX_FETCHED_BYTES,
        retry: {
          initialRetryTime: 100,
          maxRetryTime: 5_000,
          retries: 1_000,
          restartOnFailure: async () => true,
        },
      }),
      topic,
      consume,
      backoff,
      sendDeadLetter: (message) => this.#send(deadLetterTopic(topic, consume.group), [message]),
      onStop: () => this.#subscriptions.delete(subscription),
    });
    this.#subscriptions.add(subscription);
    await subscription.start();
    return subscription;
  }

  deadLetters(group: string): DeadLetters {
    const topic = deadLetterTopic(this.#options.topic, group);
    return new KafkaDeadLetters({
      kafka: this.#kafka,
      topic,
      ensureTopic: () => this.#ensureTopic(topic),
      send: (to, messages) => this.#send(to, messages),
    });
  }

  /** Reads the topic from its beginning to its present end, whatever groups came to. Rejects with BUS_UNAVAILABLE. */
  async replay(options: ReplayOptions): Promise<void> {
    this.#requireOpen();
    await this.#ensureTopic(this.#options.topic);
    await replayTopic(this.#kafka, this.#options.topic, options);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
    await this.#dropProducer();
  }

  /** Sends until Kafka has it or the time is over; the producer is made anew, as kafkajs may give one up for good. */
  async #send(topic: string, messages: KafkaRecord[]): Promise<void> {
    const { publishTimeoutMs = 30_000, backoff = DEFAULT_BACKOFF } = this.#options;
    const deadline = AbortSignal.timeout(publishTimeoutMs);
    for (let attempt = 1; ; attempt++) {
      this.#requireOpen();
      try {
        await this.#ensureTopic(topic);
        this.#producer ??= this.#connectProducer();
        await (await this.#producer).send({ topic, messages, acks: -1 });
        return;
      } catch (cause) {
        await this.#dropProducer();
        if (isTooLarge(cause)) {
          const what = 'an event is larger than the broker takes; see message.max.bytes of Kafka';
          throw new EventBusError('BUS_REJECTED', what, { cause });
        }
        if (deadline.aborted) {
          const what = `Kafka did not take ${messages.length} records within ${publishTimeoutMs} ms: ${String(cause)}`;
          throw new EventBusError('BUS_UNAVAILABLE', what, { cause });
        }
        await pause(backoff, attempt, deadline);
      }
    }
  }

  /**
   * One request at a time keeps the order when it is repeated. A record may stand in the topic twice after a lost
   * answer; who consumes it knows it by (source, id).
   */
  async #connectProducer(): Promise<Producer> {
    const producer = this.#kafka.producer({
      maxInFlightRequests: 1,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 3 },
    });
    await producer.connect();
    return producer;
  }

  async #dropProducer(): Promise<void> {
    const dropped = this.#producer;
    this.#producer = undefined;
    const [result] = await Promise.allSettled([dropped]);
    if (result.status === 'fulfilled') await Promise.allSettled([result.value?.disconnect()]);
  }

  async #ensureTopic(topic: string): Promise<void> {
    if (this.#topics.has(topic)) return;
    const admin = this.#kafka.admin();
    try {
      await admin.connect();
      const { partitions = -1 } = this.#options;
      await admin.createTopics({
        topics: [{ topic, numPartitions: partitions, replicationFactor: -1 }],
        waitForLeaders: true,
      });
      this.#topics.add(topic);
    } catch (cause) {
      throw new EventBusError('BUS_UNAVAILABLE', `topic ${topic} could not be made: ${String(cause)}`, {
        cause,
      });
    } finally {
      await admin.disconnect();
    }
  }

  #requireOpen(): void {
    if (this.#closed) throw new EventBusError('BUS_CLOSED', 'the bus is closed');
  }
}

/** By kafkajs's name of Kafka's error 10. */
function isTooLarge(cause: unknown): boolean {
  return cause instanceof Error && 'type' in cause && cause.type === 'MESSAGE_TOO_LARGE';
}

/** A record as the producer takes it. */
export interface KafkaRecord {
  readonly key: string | Buffer | null;
  readonly value: string | Buffer | null;
  readonly headers: Record<string, string | Buffer>;
}
