import { EventError, type EventRegistry } from '@binnacle/event-schemas';
import type { Clock } from '@binnacle/service-kit';
import type { Operation, TimelineStore, WriteStatus } from '@binnacle/timeline';
import type { EventLog } from '../log/eventLog.ts';
import { operationsOfEvent } from './eventOperations.ts';
import { IndexOutcomes, type TimelineOutcome } from './indexOutcomes.ts';

export interface IndexerOptions {
  readonly log: EventLog;
  readonly registry: EventRegistry;
  readonly store: TimelineStore;
  /** Names the store: each has a position of its own, so that a new one is filled from the log. Default: the disk. */
  readonly storeName?: string;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
  /** Told what became of every page's writes. */
  readonly onWritten?: (statuses: readonly WriteStatus[]) => void;
}

const POSITION_ON_DISK = 'timelines';
const EVENTS_AT_ONCE = 2_000;
/** The position that is kept was reached this long ago: by then the store has synced what was written before it. */
const KEPT_AFTER_MS = 2_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;

/**
 * Follows the log and writes what its events mean into the timelines. Its position is kept some time after the write,
 * so a crash, and a power cut too, repeats writes, which is harmless; a store that fails makes it wait, never skip.
 */
export class Indexer {
  readonly #options: IndexerOptions;
  readonly #listeners = new Set<() => void>();
  readonly #stopped = new AbortController();
  readonly #outcomes = new IndexOutcomes();
  readonly #positionName: string;
  #position: number;
  #running: Promise<void> | undefined;
  /** The position to keep once `at` is `KEPT_AFTER_MS` ago. */
  #reached: { readonly position: number; readonly at: number };
  #keeping: Promise<void> = Promise.resolve();

  constructor(options: IndexerOptions) {
    this.#options = options;
    this.#positionName =
      options.storeName === undefined ? POSITION_ON_DISK : `${POSITION_ON_DISK} of ${options.storeName}`;
    this.#position = options.log.position(this.#positionName) ?? 0;
    this.#reached = { position: this.#position, at: options.clock.now() };
  }

  /** Events before this offset are in the timelines. */
  get position(): number {
    return this.#position;
  }

  /** Calls back whenever the position moved. The returned function ends it. */
  onIndexed(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What the event at an offset did to its timelines; undefined when it has not come there, or long ago. */
  outcomesOf(offset: number): TimelineOutcome[] | undefined {
    return offset < this.#position ? this.#outcomes.of(offset) : undefined;
  }

  /** Waits until the event at an offset is in the timelines, `withinMs` at most. */
  async reach(offset: number, withinMs: number): Promise<void> {
    if (withinMs === 0) return;
    const { clock } = this.#options;
    const deadline = clock.now() + withinMs;
    while (this.#position <= offset && !this.#stopped.signal.aborted) {
      const leftMs = deadline - clock.now();
      if (leftMs <= 0) return;
      await this.#wait((wake) => {
        const forget = this.onIndexed(wake);
        const cancelTimer = clock.setTimer(wake, leftMs);
        return () => {
          forget();
          cancelTimer();
        };
      });
    }
  }

  start(): void {
    this.#running ??= this.#follow();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    await this.#keeping;
    await this.#options.log.setPosition(this.#positionName, this.#position);
  }

  async #follow(): Promise<void> {
    const { log, onFailure } = this.#options;
    let backoffMs = FIRST_BACKOFF_MS;
    while (!this.#stopped.signal.aborted) {
      try {
        if (this.#position < log.nextOffset) await this.#indexPage();
        else await this.#wait((wake) => log.onAppend(wake));
        backoffMs = FIRST_BACKOFF_MS;
      } catch (error) {
        onFailure(error);
        await this.#wait((wake) => this.#options.clock.setTimer(wake, backoffMs));
        backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS);
      }
    }
  }

  async #indexPage(): Promise<void> {
    const { log, store, onWritten } = this.#options;
    const start = Math.max(this.#position, log.firstOffset);
    const end = Math.min(start + EVENTS_AT_ONCE, log.nextOffset);
    const operations: Operation[] = [];
    const counts: number[] = [];
    for (let offset = start; offset < end; offset++) {
      const some = this.#operationsAt(offset);
      counts.push(some.length);
      operations.push(...some);
    }
    if (operations.length > 0) {
      const { errors, statuses } = await store.write(operations);
      this.#outcomes.record(start, counts, statuses);
      onWritten?.(statuses);
      const [failed] = errors.values();
      if (failed !== undefined) throw failed;
    } else {
      this.#outcomes.record(start, counts, []);
    }
    this.#position = end;
    this.#keepPosition();
    for (const listener of this.#listeners) listener();
  }

  /** Begins to keep the position of a while ago. One that could not be kept costs more repetition, nothing else. */
  #keepPosition(): void {
    const { log, clock, onFailure } = this.#options;
    const { position, at } = this.#reached;
    if (clock.now() - at < KEPT_AFTER_MS) return;
    this.#reached = { position: this.#position, at: clock.now() };
    this.#keeping = log.setPosition(this.#positionName, position).catch(onFailure);
  }

  /** An event that an older program took and this one cannot read has no place in a timeline. */
  #operationsAt(offset: number): Operation[] {
    const stored = this.#options.log.get(offset);
    if (stored === undefined) return [];
    try {
      return operationsOfEvent(this.#options.registry, stored);
    } catch (error) {
      if (!(error instanceof EventError)) throw error;
      this.#options.onFailure(error);
      return [];
    }
  }

  #wait(begin: (wake: () => void) => () => void): Promise<void> {
    const { signal } = this.#stopped;
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const wake = (): void => {
        cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = begin(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
