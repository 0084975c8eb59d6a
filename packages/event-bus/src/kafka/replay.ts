import { randomUUID } from 'node:crypto';
import type { CloudEvent } from '@binnacle/event-schemas';
import type { Kafka } from 'kafkajs';
import { EventBusError, PermanentError } from '../errors.ts';
import { checkedEnvelope } from './decode.ts';
import { topicOffsets } from './topicOffsets.ts';

/** An event of a replay. */
export interface ReplayedEvent {
  readonly event: CloudEvent;
  /** When it was published, by the record; milliseconds. */
  readonly takenAtMs: number;
}

export interface ReplayOptions {
  /** Told once how many records there are. */
  readonly onTotal?: (records: number) => void;
  /** Gets events in the order of each partition, one call at a time. When it rejects, the replay does. */
  readonly handle: (events: readonly ReplayedEvent[]) => Promise<void>;
  /** Ends the replay early; it resolves all the same. */
  readonly signal?: AbortSignal;
  /** Without records for this long it rejects with BUS_UNAVAILABLE. Default 30,000. */
  readonly stalledMs?: number;
}

/**
 * Reads a topic from its beginning to where it ends now, as nobody's consumer: no group's position is used or kept, and
 * what is no event is passed over.
 */
export async function replayTopic(kafka: Kafka, topic: string, options: ReplayOptions): Promise<void> {
  const { handle, onTotal, signal = new AbortController().signal, stalledMs = 30_000 } = options;
  const admin = kafka.admin();
  await admin.connect();
  try {
    const ends = new Map<number, bigint>();
    let total = 0n;
    for (const { partition, low, high } of await topicOffsets(admin, topic)) {
      if (high <= low) continue;
      ends.set(partition, high);
      total += high - low;
    }
    onTotal?.(Number(total));
    if (ends.size === 0) return;
    const consumer = kafka.consumer({ groupId: `replay-${randomUUID()}`, maxWaitTimeInMs: 250 });
    await consumer.connect();
    try {
      await consumer.subscribe({ topic, fromBeginning: true });
      await new Promise<void>((resolve, reject) => {
        const stalled = setTimeout(() => {
          reject(new EventBusError('BUS_UNAVAILABLE', `Kafka sent nothing of ${topic} for ${stalledMs} ms`));
        }, stalledMs);
        const end = (error?: unknown): void => {
          clearTimeout(stalled);
          signal.removeEventListener('abort', onAbort);
          if (error === undefined) resolve();
          else reject(error as Error);
        };
        const onAbort = (): void => end();
        signal.addEventListener('abort', onAbort);
        consumer.on(consumer.events.CRASH, ({ payload }) => end(payload.error));
        consumer
          .run({
            autoCommit: false,
            eachBatch: async ({ batch, heartbeat }) => {
              const to = ends.get(batch.partition);
              if (to === undefined || signal.aborted) return;
              stalled.refresh();
              const events = batch.messages.flatMap((message) => {
                const event = BigInt(message.offset) < to ? checkedEnvelope(message) : undefined;
                if (event === undefined || event instanceof PermanentError) return [];
                return [{ event, takenAtMs: Number(message.timestamp) }];
              });
              try {
                await handle(events);
              } catch (error) {
                end(error);
                return;
              }
              await heartbeat();
              if (BigInt(batch.lastOffset()) + 1n >= to) ends.delete(batch.partition);
              if (ends.size === 0) end();
            },
          })
          .catch(end);
      });
    } finally {
      await consumer.disconnect();
    }
  } finally {
    await admin.disconnect();
  }
}
