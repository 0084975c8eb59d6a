import type { CloudEvent } from '@binnacle/event-schemas';
import { DEFAULT_BACKOFF, pause, wait, type Backoff } from '../backoff.ts';
import type { ConsumeOptions, DeadLetter, DeadLetters, EventBus, Subscription } from '../contract.ts';
import { Delivery, type Received } from '../delivery.ts';
import { EventBusError } from '../errors.ts';
import { GroupLease } from './groupLease.ts';
import { HttpClient } from './httpClient.ts';

export interface HttpBusOptions {
  /** Where stream-service answers: `http://127.0.0.1:6302`. */
  readonly url: string;
  /** Sent with every request, such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long a publish is tried. Default 30,000. */
  readonly publishTimeoutMs?: number;
  readonly backoff?: Backoff;
}

interface Stored {
  readonly offset: number;
  readonly event: CloudEvent;
}

interface Letter extends Omit<DeadLetter, 'origin' | 'event'> {
  readonly offset: number;
  readonly stored?: Stored;
}

const PUBLISHED_AT_ONCE = 1_000;
/** Also the longest that a redrive waits for its group. */
const LONG_POLL_MS = 2_000;
/** How often a consumer that stands by asks for its turn. */
const STANDBY_MS = 500;

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
    const running = this.#run(options, stopping.signal);
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

  async #run(consume: ConsumeOptions, signal: AbortSignal): Promise<void> {
    const path = groupPath(consume.group);
    const delivery = new Delivery<number>({
      consume,
      signal,
      backoff: this.#backoff,
      deadLetter: async ({ place }, failure) => {
        await this.#client.send('POST', `${path}/dead-letters`, { offset: place, ...failure });
      },
    });
    const lease = new GroupLease(this.#client, path);
    const onError = consume.onError ?? ((): void => undefined);
    let position: number | undefined;
    for (let attempt = 1; !signal.aborted;) {
      try {
        if (await lease.take()) {
          position ??= (await this.#client.position(consume.group)) ?? -1;
          const after = position;
          position = await lease.keepDuring(async () => {
            await this.#deliverAgain(path, delivery, signal);
            return this.#deliverNext(consume, { path, after, consumer: lease.consumer }, delivery, signal);
          }, onError);
        } else {
          position = undefined;
          await wait(STANDBY_MS, signal);
        }
        attempt = 1;
      } catch (error) {
        position = undefined;
        if (signal.aborted) break;
        onError(error);
        await pause(this.#backoff, attempt++, signal);
      }
    }
    await lease.release().catch(onError);
  }

  /** What was redriven comes before what is new. */
  async #deliverAgain(path: string, delivery: Delivery<number>, signal: AbortSignal): Promise<void> {
    const query = 'state=redriven&limit=100';
    const { letters } = await this.#client.send<{ letters: Letter[] }>(
      'GET',
      `${path}/dead-letters?${query}`,
    );
    for (const { offset, stored } of letters) {
      if (stored !== undefined && !(await delivery.deliver([received(stored)]))) return;
      if (signal.aborted) return;
      await this.#client.send('DELETE', `${path}/dead-letters/${offset}?state=redriven`);
    }
  }

  async #deliverNext(
    consume: ConsumeOptions,
    { path, after, consumer }: { path: string; after: number; consumer: string },
    delivery: Delivery<number>,
    signal: AbortSignal,
  ): Promise<number> {
    const page = await this.#client.events(
      { after, limit: consume.batchSize ?? 500, types: consume.types ?? [], waitMs: LONG_POLL_MS },
      signal,
    );
    if (!(await delivery.deliver(page.events.map(received)))) return after;
    const next = Math.max(after, page.nextAfter ?? -1);
    if (next !== after) await this.#client.send('PUT', path, { offset: next, consumer });
    return next;
  }
}

function groupPath(group: string): string {
  return `/api/v1/groups/${encodeURIComponent(group)}`;
}

function received({ offset, event }: Stored): Received<number> {
  return { place: offset, event };
}

function deadLetter({ offset, stored, code, message, attempts, failedAt }: Letter): DeadLetter {
  const letter = { origin: String(offset), code, message, attempts, failedAt };
  return stored === undefined ? letter : { ...letter, event: stored.event };
}
