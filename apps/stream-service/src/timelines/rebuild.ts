import { EventError, type CloudEvent, type EventRegistry } from '@binnacle/event-schemas';
import type { Clock } from '@binnacle/service-kit';
import type { Operation, TimelineStore } from '@binnacle/timeline';
import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { StreamError } from '../errors.ts';
import type { EventLog } from '../log/eventLog.ts';
import type { StoredEvent } from '../log/storedEvent.ts';
import { isFromEvents, operationsOfEvent } from './eventOperations.ts';
import type { RebuildableStore } from './generations.ts';

/** Where the events of a rebuild come from: this server's log, or all that Kafka still has. */
export type RebuildSource = 'log' | 'kafka';

/** Hands over every event that Kafka has, as it was published, with the time at which Kafka took it. */
export type KafkaReplay = (options: {
  readonly signal: AbortSignal;
  readonly onTotal: (events: number) => void;
  readonly handle: (events: readonly { event: CloudEvent; takenAtMs: number }[]) => Promise<void>;
}) => Promise<void>;

/** How a rebuild stands, or how the last one ended. */
export interface RebuildStatus {
  readonly state: 'none' | 'running' | 'done' | 'failed';
  readonly source?: RebuildSource;
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
  readonly store: RebuildableStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Undefined without Kafka. */
  readonly replayKafka: KafkaReplay | undefined;
}

const EVENTS_AT_ONCE = 1_000;
const KEYS_AT_ONCE = 200;

/** Makes the timelines anew: what events say by today's rules, and everything that came another way. */
export class Rebuild {
  readonly #options: RebuildOptions;
  #status: Omit<RebuildStatus, 'generation'> = { state: 'none', events: 0, total: 0 };
  #running: Promise<void> | undefined;

  constructor(options: RebuildOptions) {
    this.#options = options;
  }

  get status(): RebuildStatus {
    return { ...this.#status, generation: this.#options.store.generation };
  }

  /** Starts one unless one runs. Throws STREAM_BAD_REQUEST for a source that this server does not have. */
  start(source: RebuildSource): RebuildStatus {
    if (source === 'kafka' && this.#options.replayKafka === undefined) {
      throw new StreamError(
        'STREAM_BAD_REQUEST',
        'expected source log: this server has no Kafka; see --kafka.brokers',
      );
    }
    this.#running ??= this.#run(source).finally(() => (this.#running = undefined));
    return this.status;
  }

  /** Waits for the one that runs. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(source: RebuildSource): Promise<void> {
    const { clock, store } = this.#options;
    const now = (): string => new Date(clock.now()).toISOString();
    this.#status = { state: 'running', source, events: 0, total: 0, startedAt: now() };
    try {
      await store.rebuild(async (next, others) => {
        if (others !== undefined) await this.#copyOthers(others.from, others.to);
        await (source === 'log' ? this.#replayLog(next) : this.#replayKafka(next));
      });
      this.#status = { ...this.#status, state: 'done', endedAt: now() };
    } catch (error) {
      this.#status = { ...this.#status, state: 'failed', endedAt: now(), error: String(error) };
    }
  }

  /** Joins, so that writes which come meanwhile are not undone. */
  async #copyOthers(from: TimelineStore, to: TimelineStore): Promise<void> {
    for (let cursor: string | undefined; ;) {
      const page = await from.keys(cursor, KEYS_AT_ONCE);
      for (const key of page.keys) if (!isFromEvents(key)) await to.merge(key, await from.state(key));
      this.#requireRunning();
      if (page.next === undefined) return;
      cursor = page.next;
    }
  }

  /** Events that come meanwhile are written by the indexer into both generations. */
  async #replayLog(next: Pick<TimelineStore, 'write'>): Promise<void> {
    const { log } = this.#options;
    this.#status = { ...this.#status, total: log.nextOffset - log.firstOffset };
    for (let at = log.firstOffset; at < log.nextOffset; at += EVENTS_AT_ONCE) {
      const end = Math.min(at + EVENTS_AT_ONCE, log.nextOffset);
      const operations: Operation[] = [];
      for (let offset = at; offset < end; offset++) {
        const stored = log.get(offset);
        if (stored !== undefined) operations.push(...this.#operationsOf(stored));
      }
      await this.#write(next, operations, end - at);
    }
  }

  async #replayKafka(next: Pick<TimelineStore, 'write'>): Promise<void> {
    const { log, signal, replayKafka } = this.#options;
    await replayKafka!({
      signal,
      onTotal: (total) => (this.#status = { ...this.#status, total }),
      handle: async (events) => {
        const operations = events.flatMap(({ event, takenAtMs }) => {
          const offset = event.time === undefined ? log.offsetOf(event) : undefined;
          const stored = offset === undefined ? undefined : log.get(offset);
          const receivedAt = stored?.receivedAt ?? new Date(takenAtMs).toISOString();
          return this.#operationsOf({ event, receivedAt });
        });
        await this.#write(next, operations, events.length);
      },
    });
    this.#requireRunning();
  }

  async #write(
    next: Pick<TimelineStore, 'write'>,
    operations: readonly Operation[],
    events: number,
  ): Promise<void> {
    if (operations.length > 0) {
      const [failed] = (await next.write(operations)).errors.values();
      if (failed !== undefined) throw failed;
    }
    this.#status = { ...this.#status, events: this.#status.events + events };
    await yieldToOthers();
    this.#requireRunning();
  }

  #operationsOf(stored: Pick<StoredEvent, 'event' | 'receivedAt'>): Operation[] {
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
