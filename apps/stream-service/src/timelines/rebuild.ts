import { EventError, type EventRegistry } from '@binnacle/event-schemas';
import type { Clock } from '@binnacle/service-kit';
import type { Operation, TimelineStore } from '@binnacle/timeline';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { StreamError } from '../errors.ts';
import type { EventLog } from '../log/eventLog.ts';
import { isFromEvents, operationsOfEvent } from './eventOperations.ts';
import { GenerationalStore } from './generations.ts';

/** How a rebuild stands, or how the last one ended. */
export interface RebuildStatus {
  readonly state: 'none' | 'running' | 'done' | 'failed';
  readonly generation: number;
  /** Events read, of how many. */
  readonly events: number;
  readonly total: number;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly error?: string;
}

export interface RebuildOptions {
  readonly log: EventLog;
  readonly registry: EventRegistry;
  readonly store: TimelineStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

const EVENTS_AT_ONCE = 1_000;
const KEYS_AT_ONCE = 200;

/** Makes the timelines anew from the log: what events say by today's rules, and everything that came another way. */
export class Rebuild {
  readonly #options: RebuildOptions;
  #status: Omit<RebuildStatus, 'generation'> = { state: 'none', events: 0, total: 0 };
  #running: Promise<void> | undefined;

  constructor(options: RebuildOptions) {
    this.#options = options;
  }

  get status(): RebuildStatus {
    const { store } = this.#options;
    return { ...this.#status, generation: store instanceof GenerationalStore ? store.generation : 0 };
  }

  /** Starts one unless one runs. Throws STREAM_UNSUPPORTED for a farm, whose keys have no generations. */
  start(): RebuildStatus {
    const { store } = this.#options;
    if (!(store instanceof GenerationalStore)) {
      throw new StreamError(
        'STREAM_UNSUPPORTED',
        'only timelines on disk can be rebuilt; a farm keeps its keys',
      );
    }
    this.#running ??= this.#run(store).finally(() => (this.#running = undefined));
    return this.status;
  }

  /** Waits for the one that runs. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(store: GenerationalStore): Promise<void> {
    const { log, clock } = this.#options;
    const now = (): string => new Date(clock.now()).toISOString();
    this.#status = { state: 'running', events: 0, total: log.nextOffset - log.firstOffset, startedAt: now() };
    try {
      await store.rebuild(async (next, current) => {
        await this.#copyOthers(current, next);
        await this.#replay(next);
      });
      this.#status = { ...this.#status, state: 'done', endedAt: now() };
    } catch (error) {
      this.#status = { ...this.#status, state: 'failed', endedAt: now(), error: String(error) };
    }
  }

  /** Joins, so that writes which come meanwhile are not undone. */
  async #copyOthers(current: TimelineStore, next: TimelineStore): Promise<void> {
    for (let cursor: string | undefined; ;) {
      const page = await current.keys(cursor, KEYS_AT_ONCE);
      for (const key of page.keys) if (!isFromEvents(key)) await next.merge(key, await current.state(key));
      this.#requireRunning();
      if (page.next === undefined) return;
      cursor = page.next;
    }
  }

  /** Events that come meanwhile are written by the indexer into both generations. */
  async #replay(next: TimelineStore): Promise<void> {
    const { log } = this.#options;
    for (let at = log.firstOffset; at < log.nextOffset; at += EVENTS_AT_ONCE) {
      const end = Math.min(at + EVENTS_AT_ONCE, log.nextOffset);
      const operations: Operation[] = [];
      for (let offset = at; offset < end; offset++) operations.push(...this.#operationsAt(offset));
      if (operations.length > 0) await next.write(operations);
      this.#status = { ...this.#status, events: this.#status.events + end - at };
      await yieldToOthers();
      this.#requireRunning();
    }
  }

  #operationsAt(offset: number): Operation[] {
    const stored = this.#options.log.get(offset);
    if (stored === undefined) return [];
    try {
      return operationsOfEvent(this.#options.registry, stored);
    } catch (error) {
      if (error instanceof EventError) return [];
      throw error;
    }
  }

  #requireRunning(): void {
    if (this.#options.signal.aborted) throw new StreamError('STREAM_UNAVAILABLE', 'the server shuts down');
  }
}
