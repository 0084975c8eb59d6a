import type { CloudEvent } from '@binnacle/event-schemas';
import type { ConsumeOptions } from './contract.ts';
import { isPermanent, PermanentError } from './errors.ts';
import { pause, type Backoff } from './backoff.ts';

/** Something that was received: an event, or why it is none. `place` is the transport's own. */
export interface Received<Place> {
  readonly place: Place;
  readonly event: CloudEvent | PermanentError;
  /** The event's JSON, when it came as that. */
  readonly text?: Uint8Array | undefined;
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
      const some = at === 0 && wanted.length <= batchSize ? wanted : wanted.slice(at, at + batchSize);
      if (!(await this.#retry((attempts) => this.#batch(some, attempts), signal))) return false;
    }
    return true;
  }

  /** Without other types, and without what came before (a redelivery, or twice in the batch). */
  #unhandled(items: readonly Received<Place>[]): readonly Received<Place>[] {
    if (this.#types === undefined && this.#options.consume.handlesDuplicates === true) return items;
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

  async #batch(items: readonly Received<Place>[], attempts: number): Promise<void> {
    const { handle, handlesDuplicates = false } = this.#options.consume;
    const events: CloudEvent[] = [];
    const texts: (Uint8Array | undefined)[] = [];
    for (const { event, text } of items) {
      if (event instanceof PermanentError) continue;
      if (!handlesDuplicates && this.#handled.has(identityOf(event))) continue;
      events.push(event);
      texts.push(text);
    }
    try {
      if (events.length > 0) await handle(events, texts);
      if (!handlesDuplicates) for (const event of events) this.#handled.add(identityOf(event));
    } catch (error) {
      if (!isPermanent(error)) throw error;
      if (items.length > 1) {
        const half = items.length >> 1;
        await this.#batch(items.slice(0, half), attempts);
        await this.#batch(items.slice(half), attempts);
        return;
      }
      this.#options.consume.onError?.(error);
      await this.#bury(items[0]!, error, attempts);
      return;
    }
    for (const item of items)
      if (item.event instanceof PermanentError) await this.#bury(item, item.event, attempts);
  }

  async #bury(item: Received<Place>, error: Error & { code?: unknown }, attempts: number): Promise<void> {
    const code = typeof error.code === 'string' ? error.code : error.name;
    await this.#options.deadLetter(item, { code, message: error.message, attempts });
  }

  /** Tries until it succeeds or the subscription is stopped. */
  async #retry(action: (attempts: number) => Promise<void>, signal: AbortSignal): Promise<boolean> {
    const { backoff, consume } = this.#options;
    for (let attempts = 1; !signal.aborted; attempts++) {
      try {
        await action(attempts);
        return true;
      } catch (error) {
        consume.onError?.(error);
        await pause(backoff, attempts, signal);
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
