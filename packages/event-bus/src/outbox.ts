import type { CloudEvent } from '@binnacle/event-schemas';
import type { EventBus } from './contract.ts';
import { EventBusError } from './errors.ts';

export interface OutboxOptions {
  readonly bus: EventBus;
  /** Events that wait at most; beyond that the oldest are given up and counted. Default 10,000. */
  readonly capacity?: number;
  /** Events in one publish. Default 500. */
  readonly batchSize?: number;
  /** Told of every failed publish. */
  readonly onError?: (error: unknown) => void;
}

/**
 * Publishes what a server has to say without making it wait: events queue in memory, in order, and go out in batches
 * while the other side answers. What the other side refuses for good, and what does not fit, is given up and counted.
 */
export class Outbox {
  readonly #bus: EventBus;
  readonly #capacity: number;
  readonly #batchSize: number;
  readonly #onError: (error: unknown) => void;
  #waiting: CloudEvent[] = [];
  #running: Promise<void> | undefined;
  #closed = false;
  #published = 0;
  #dropped = 0;

  constructor({ bus, capacity = 10_000, batchSize = 500, onError = () => undefined }: OutboxOptions) {
    this.#bus = bus;
    this.#capacity = capacity;
    this.#batchSize = batchSize;
    this.#onError = onError;
  }

  /** Events that were acknowledged. */
  get published(): number {
    return this.#published;
  }

  /** Events that were given up. */
  get dropped(): number {
    return this.#dropped;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Queues an event; never waits and never throws. */
  add(event: CloudEvent): void {
    this.#waiting.push(event);
    if (this.#waiting.length > this.#capacity) {
      this.#waiting.shift();
      this.#dropped++;
    }
    this.#running ??= this.#run();
  }

  /** Waits until everything is out or `deadlineMs` is over, then closes the bus. */
  async close(deadlineMs = 5_000): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<void>((resolve) => (timer = setTimeout(resolve, deadlineMs)));
    await Promise.race([this.#running, deadline]);
    clearTimeout(timer);
    this.#closed = true;
    await this.#bus.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    // A turn of the event loop first, so that what is added together goes out together.
    await Promise.resolve();
    while (this.#waiting.length > 0 && !this.#closed) {
      const batch = this.#waiting.slice(0, this.#batchSize);
      try {
        await this.#bus.publish(batch);
        this.#published += batch.length;
        this.#remove(batch);
      } catch (error) {
        this.#onError(error);
        // A publish that only took too long comes again: the bus has already waited.
        if (error instanceof EventBusError && error.retriable) continue;
        this.#dropped += batch.length;
        this.#remove(batch);
      }
    }
    this.#running = undefined;
  }

  /** The oldest of the batch may have been given up meanwhile. */
  #remove(batch: readonly CloudEvent[]): void {
    const sent = new Set(batch);
    this.#waiting = this.#waiting.filter((event) => !sent.has(event));
  }
}
