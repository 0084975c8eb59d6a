import type { CloudEvent } from '@binnacle/event-schemas';
import { DEFAULT_BACKOFF, pause, type Backoff } from '../backoff.ts';
import type { ConsumeOptions, DeadLetter, DeadLetters, EventBus, Subscription } from '../contract.ts';
import { EventBusError } from '../errors.ts';
import { HttpClient } from './httpClient.ts';
import { groupPath, HttpConsumer, type StoredEvent } from './httpConsumer.ts';

export interface HttpBusOptions {
  /** Where stream-service answers: `http://127.0.0.1:6302`. */
  readonly url: string;
  /** Sent with every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a publish is tried. Default 30,000. */
  readonly publishTimeoutMs?: number;
  readonly backoff?: Backoff;
}

interface Letter extends Omit<DeadLetter, 'origin' | 'event'> {
  readonly offset: number;
  readonly stored?: StoredEvent;
}

const PUBLISHED_AT_ONCE = 1_000;

/** The bus of a stack without Kafka: stream-service's log, with positions and dead letters kept by the service. */
export class HttpBus implements EventBus {
  readonly #client: HttpClient;
  readonly #publishTimeoutMs: number;
  readonly #backoff: Backoff;
  readonly #subscriptions = new Set<Subscription>();
  readonly #closing = new AbortController();

  constructor({ url, headers = {}, publishTimeoutMs = 30_000, backoff = DEFAULT_BACKOFF }: HttpBusOptions) {
    this.#client = new HttpClient(url, headers);
    this.#publishTimeoutMs = publishTimeoutMs;
    this.#backoff = backoff;
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    if (this.#closing.signal.aborted) throw new EventBusError('BUS_CLOSED', 'the bus is closed');
    for (let at = 0; at < events.length; at += PUBLISHED_AT_ONCE) {
      await this.#publishSome(events.slice(at, at + PUBLISHED_AT_ONCE));
    }
  }

  async consume(options: ConsumeOptions): Promise<Subscription> {
    const stopping = new AbortController();
    const running = new HttpConsumer(this.#client, options, this.#backoff, stopping.signal).run();
    const subscription = {
      stop: async () => {
        stopping.abort();
        await running;
        this.#subscriptions.delete(subscription);
      },
    };
    this.#subscriptions.add(subscription);
    return subscription;
  }

  deadLetters(group: string): DeadLetters {
    const path = `${groupPath(group)}/dead-letters`;
    return {
      preview: async (limit) => {
        const query = `state=dead&limit=${limit}`;
        const { letters } = await this.#client.send<{ letters: Letter[] }>('GET', `${path}?${query}`);
        const offsets = letters.map(({ offset }) => offset);
        return { letters: letters.map(deadLetter), token: JSON.stringify(offsets) };
      },
      redrive: async (token) => {
        const offsets = JSON.parse(token) as number[];
        const body = { offsets };
        return (await this.#client.send<{ redriven: number }>('POST', `${path}/redrive`, body)).redriven;
      },
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
  }

  async #publishSome(events: readonly CloudEvent[]): Promise<void> {
    const deadline = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(this.#publishTimeoutMs)]);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#client.publish(events, deadline);
      } catch (error) {
        if (!(error instanceof EventBusError) || !error.retriable || deadline.aborted) throw error;
        await pause(this.#backoff, attempt, deadline);
      }
    }
  }
}

function deadLetter({ offset, stored, code, message, attempts, failedAt }: Letter): DeadLetter {
  const letter = { origin: String(offset), code, message, attempts, failedAt };
  return stored === undefined ? letter : { ...letter, event: stored.event };
}
