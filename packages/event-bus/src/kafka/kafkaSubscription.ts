import { checkedEnvelope, structuredText } from './decode.ts';
import type { Consumer, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { wait, type Backoff } from '../backoff.ts';
import type { ConsumeOptions, Subscription } from '../contract.ts';
import { Delivery, type Received } from '../delivery.ts';
import { deadLetterRecord } from './deadLetters.ts';
import type { KafkaRecord } from './kafkaBus.ts';

/** Where a record stands, and the record. */
export interface KafkaPlace {
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

export interface KafkaSubscriptionOptions {
  readonly consumer: Consumer;
  readonly topic: string;
  readonly consume: ConsumeOptions;
  readonly backoff: Backoff;
  readonly sendDeadLetter: (record: KafkaRecord) => Promise<void>;
  readonly onStop: () => void;
}

const HEARTBEAT_MS = 2_000;

/**
 * One member of a consumer group. A batch's partition is fetched no further while its handler runs or backs off, with
 * heartbeats kept up, so a failure that passes neither loses the partition nor fills the memory. Offsets are resolved
 * and committed only after `handle`; resolving matters, because kafkajs fetches an unresolved batch again for ever.
 */
export class KafkaSubscription implements Subscription {
  readonly #options: KafkaSubscriptionOptions;
  readonly #stopping = new AbortController();
  readonly #delivery: Delivery<KafkaPlace>;

  constructor(options: KafkaSubscriptionOptions) {
    this.#options = options;
    this.#delivery = new Delivery({
      consume: options.consume,
      signal: this.#stopping.signal,
      backoff: options.backoff,
      deadLetter: ({ place }, failure) =>
        options.sendDeadLetter(deadLetterRecord(place, options.consume.group, failure)),
    });
  }

  async start(): Promise<void> {
    const { consumer, topic, consume } = this.#options;
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: consume.concurrency ?? 1,
      eachBatch: (payload) => this.#eachBatch(payload),
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#options.consumer.disconnect();
    this.#options.onStop();
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, resolveOffset, isRunning, isStale } = payload;
    const { topic, partition, messages } = batch;
    const size = this.#options.consume.batchSize ?? 500;
    for (let at = 0; at < messages.length; at += size) {
      if (!isRunning() || isStale() || this.#stopping.signal.aborted) return;
      const some = messages.slice(at, at + size);
      const items = some.map((message): Received<KafkaPlace> => ({
        place: { topic, partition, message },
        event: checkedEnvelope(message),
        text: structuredText(message),
      }));
      if (!(await this.#deliver(payload, items))) return;
      const { offset } = some.at(-1)!;
      resolveOffset(offset);
      const next = String(BigInt(offset) + 1n);
      if (!isStale()) await this.#options.consumer.commitOffsets([{ topic, partition, offset: next }]);
    }
  }

  /** Delivers with heartbeats kept up; gives up when the group moves on, so that a rebalance need not wait. */
  async #deliver({ heartbeat }: EachBatchPayload, items: readonly Received<KafkaPlace>[]): Promise<boolean> {
    const done = new AbortController();
    const lost = new AbortController();
    let failure: unknown;
    const beating = (async () => {
      while (!done.signal.aborted) {
        await wait(HEARTBEAT_MS, done.signal);
        if (!done.signal.aborted) await heartbeat();
      }
    })().catch((error: unknown) => {
      failure = error;
      lost.abort();
    });
    try {
      const signal = AbortSignal.any([this.#stopping.signal, lost.signal]);
      const delivered = await this.#delivery.deliver(items, signal);
      if (!delivered && failure !== undefined) throw failure;
      return delivered;
    } finally {
      done.abort();
      await beating;
    }
  }
}
