import type { CloudEvent } from '@binnacle/event-schemas';
import type { ConsumeOptions } from './contract.ts';
import { isPermanent, PermanentError } from './errors.ts';
import { pause, type Backoff } from './backoff.ts';

/** Something that was received: an event, or why it is none. `place` is the transport's own. */
export interface Received<Place> {
  readonly place: Place;
  readonly event: CloudEvent | PermanentError;
}

/** Why something will never be handled. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
}

export interface DeliveryOptions<Place> {
  readonly consume: ConsumeOptions;
  /** Keeps a dead letter; a rejection is tried again like a failure of the handler. */
  readonly deadLetter: (item: Received<Place>, failure: Failure) => Promise<void>;
  readonly backoff: Backoff;
  readonly signal: AbortSignal;
}

const REMEMBERED = 10_000;

/** Hands what a transport received to the handler, by the rules of `ConsumeOptions.handle`. */
export class Delivery<Place> {
  readonly #options: DeliveryOptions<Place>;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #handled = new Handled();
  #attempts = 0;

  constructor(options: DeliveryOptions<Place>) {
    this.#options = options;
    const { types } = options.consume;
    this.#types = types === undefined ? undefined : new Set(types);
  }

  /**
   * Resolves true when all of it is handled or kept as dead letters, false when the subscription or the given signal
   * was stopped before.
   */
  async deliver(items: readonly Received<Place>[], signal = this.#options.signal): Promise<boolean> {
    const { batchSize = 500 } = this.#options.consume;
    const wanted = this.#unhandled(items);
    for (let at = 0; at < wanted.length; at += batchSize) {
      if (!(await this.#retry(() => this.#batch(wanted.slice(at, at + batchSize)), signal))) return false;
    }
    return true;
  }

  /** Without other types, and without what came before (a redelivery, or twice in the batch). */
  #unhandled(items: readonly Received<Place>[]): Received<Place>[] {
    const inBatch = new Set<string>();
    return items.filter(({ event }) => {
      if (event instanceof PermanentError) return true;
      if (this.#types !== undefined && !this.#types.has(event.type)) return false;
      const identity = identityOf(event);
      if (this.#handled.has(identity) || inBatch.has(identity)) return false;
      inBatch.add(identity);
      return true;
    });
  }

  async #batch(items: readonly Received<Place>[]): Promise<void> {
    const events = items.flatMap(({ event }) => (event instanceof PermanentError ? [] : [event]));
    const fresh = events.filter((event) => !this.#handled.has(identityOf(event)));
    try {
      if (fresh.length > 0) await this.#options.consume.handle(fresh);
      for (const event of fresh) this.#handled.add(identityOf(event));
    } catch (error) {
      if (!isPermanent(error)) throw error;
      if (items.length > 1) {
        const half = items.length >> 1;
        await this.#batch(items.slice(0, half));
        await this.#batch(items.slice(half));
        return;
      }
      this.#options.consume.onError?.(error);
      await this.#bury(items[0]!, error);
      return;
    }
    for (const item of items) if (item.event instanceof PermanentError) await this.#bury(item, item.event);
  }

  async #bury(item: Received<Place>, error: Error & { code?: unknown }): Promise<void> {
    const code = typeof error.code === 'string' ? error.code : error.name;
    await this.#options.deadLetter(item, { code, message: error.message, attempts: this.#attempts });
  }

  /** Tries until it succeeds or the subscription is stopped. */
  async #retry(action: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const { backoff, consume } = this.#options;
    for (this.#attempts = 1; !signal.aborted; this.#attempts++) {
      try {
        await action();
        return true;
      } catch (error) {
        consume.onError?.(error);
        await pause(backoff, this.#attempts, signal);
      }
    }
    return false;
  }
}

/** The identities handled last: between `REMEMBERED` and twice as many, forgotten half at a time. */
class Handled {
  #newer = new Set<string>();
  #older: ReadonlySet<string> = new Set();

  has(identity: string): boolean {
    return this.#newer.has(identity) || this.#older.has(identity);
  }

  add(identity: string): void {
    this.#newer.add(identity);
    if (this.#newer.size < REMEMBERED) return;
    this.#older = this.#newer;
    this.#newer = new Set();
  }
}

function identityOf({ source, id }: CloudEvent): string {
  return `${source}\0${id}`;
}
