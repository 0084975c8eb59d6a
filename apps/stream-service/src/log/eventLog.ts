import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '@binnacle/service-kit';
import { open, type Database, type RootDatabase } from 'lmdb';
import { StreamError } from '../errors.ts';
import type { LetterKey, LetterValue } from '../groups/deadLetters.ts';
import { LogIndex } from './logIndex.ts';
import { RecentEvents } from './recentEvents.ts';
import {
  decodeRecord,
  encodeRecord,
  identityOf,
  offsetKey,
  receivedAtOf,
  timeOf,
  type CheckedEvent,
  type StoredEvent,
} from './storedEvent.ts';
import { Streams, type StreamRecord } from './streams.ts';

export interface EventLogOptions {
  /** Made when missing; belongs to one process. */
  readonly folder: string;
  readonly clock: Clock;
  /** Bytes of events that may wait to be written; more are refused with STREAM_OVERLOADED. Default 64 MiB. */
  readonly maxQueuedBytes?: number;
}

/** What became of an event: where it stands, and whether it stood there before. */
export interface Appended {
  readonly offset: number;
  readonly duplicate: boolean;
}

interface Waiting {
  readonly events: readonly CheckedEvent[];
  readonly bytes: number;
  readonly resolve: (result: Appended[]) => void;
  readonly reject: (error: unknown) => void;
}

const MAX_BATCH_EVENTS = 5_000;
const MAX_STREAMS = 10_000;

/**
 * The durable log: events at dense offsets, once per (source, id), with an index by stream, key, service and time.
 * Appends that arrive together share one LMDB transaction. An append resolves when that is committed, which survives
 * the death of the process; LMDB syncs to the disk right after, so a power cut costs the last commits, never more.
 */
export class EventLog {
  readonly streams = new Streams();
  readonly index: LogIndex;
  /** Dead letters of consumer groups; see DeadLetters. */
  readonly letters: Database<LetterValue, LetterKey>;
  readonly #clock: Clock;
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #events: Database<Buffer, Buffer>;
  readonly #totals: Database<StreamRecord, string>;
  readonly #meta: Database<number, string>;
  readonly #recent = new RecentEvents();
  readonly #maxQueuedBytes: number;
  readonly #listeners = new Set<() => void>();
  #queue: Waiting[] = [];
  #queuedBytes = 0;
  #writing: Promise<void> | undefined;
  #first: number;
  #next: number;
  #lastReceivedAtMs = 0;
  #closed = false;

  constructor({ folder, clock, maxQueuedBytes = 64 * 1024 ** 2 }: EventLogOptions) {
    mkdirSync(folder, { recursive: true });
    this.#clock = clock;
    this.#maxQueuedBytes = maxQueuedBytes;
    this.#root = open({ path: join(folder, 'events.mdb'), encoding: 'binary', maxDbs: 8 });
    const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
    this.#events = this.#root.openDB('events', binary);
    this.#totals = this.#root.openDB('streams', { encoding: 'json' });
    this.#meta = this.#root.openDB('positions', { encoding: 'json' });
    this.letters = this.#root.openDB('letters', { encoding: 'json' });
    this.streams.load(this.#totals.getRange({}));
    this.#next = this.#meta.get('next') ?? 0;
    this.#first = this.#meta.get('first') ?? 0;
    const last = this.#next > this.#first ? this.#events.getBinary(offsetKey(this.#next - 1)) : undefined;
    if (last !== undefined) this.#lastReceivedAtMs = receivedAtOf(last);
    this.index = new LogIndex({ root: this.#root, meta: this.#meta, nextOffset: this.#next });
    for (let offset = this.index.storedBelow; offset < this.#next; offset++) {
      const stored = this.get(offset)!;
      const timeMs = timeOf(stored.event, Date.parse(stored.receivedAt));
      this.index.add(stored.event, identityOf(stored.event), { offset, timeMs });
    }
  }

  /** The oldest offset that the log still holds. */
  get firstOffset(): number {
    return this.#first;
  }

  /** The offset that the next event gets. */
  get nextOffset(): number {
    return this.#next;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /**
   * Appends events in the order given; answers are in that order. Rejects with STREAM_OVERLOADED when too much waits,
   * with STREAM_UNAVAILABLE when the disk refuses; then none of them is acknowledged.
   */
  append(events: readonly CheckedEvent[]): Promise<Appended[]> {
    if (this.#closed) return Promise.reject(new StreamError('STREAM_UNAVAILABLE', 'the log is closed'));
    const bytes = events.reduce((sum, { json }) => sum + json.length, 0);
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#maxQueuedBytes) {
      const message = `${this.#queuedBytes} bytes of events wait to be written; send fewer at a time`;
      return Promise.reject(new StreamError('STREAM_OVERLOADED', message, { retryAfterSeconds: 1 }));
    }
    this.#queuedBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#queue.push({ events, bytes, resolve, reject });
      this.#writing ??= this.#writeQueue();
    });
  }

  /** The event at an offset; undefined when there is none. */
  get(offset: number): StoredEvent | undefined {
    const recent = this.#recent.get(offset);
    if (recent !== undefined) return offset < this.#first ? undefined : recent;
    const record = this.#events.getBinary(offsetKey(offset));
    return record === undefined ? undefined : decodeRecord(offset, record);
  }

  /** Where (source, id) stands; undefined when the log does not hold it. */
  offsetOf(identity: { source: string; id: string }): number | undefined {
    return this.index.find(identityOf(identity));
  }

  /** Calls back after every commit that appended. The returned function ends it. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A named position, such as a consumer group's or the index's. */
  position(name: string): number | undefined {
    return this.#meta.get(`position/${name}`);
  }

  setPosition(name: string, offset: number): Promise<void> {
    return this.setPositions(new Map([[name, offset]]));
  }

  /** Sets several positions at once; undefined forgets one. */
  async setPositions(positions: ReadonlyMap<string, number | undefined>): Promise<void> {
    await this.#meta.batch(() => {
      for (const [name, offset] of positions) {
        if (offset === undefined) void this.#meta.remove(`position/${name}`);
        else void this.#meta.put(`position/${name}`, offset);
      }
    });
  }

  /** Removes events below an offset, at most `limit`, oldest first. Resolves with how many. */
  async removeBelow(below: number, limit: number): Promise<number> {
    const end = Math.min(below, this.#next, this.#first + limit);
    if (end <= this.#first) return 0;
    await this.index.readyToRemove(end);
    await this.#root.batch(() => {
      const events: StoredEvent[] = [];
      for (let offset = this.#first; offset < end; offset++) {
        const stored = this.get(offset);
        if (stored === undefined) continue;
        events.push(stored);
        void this.#events.remove(offsetKey(offset));
        const { type } = stored.event;
        if (this.streams.remove(type)) void this.#totals.put(type, this.streams.record(type));
        else void this.#totals.remove(type);
      }
      this.index.remove(events, end);
      void this.#meta.put('first', end);
    });
    const removed = end - this.#first;
    this.#first = end;
    return removed;
  }

  /** Writes what waits, then closes. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    await this.index.store();
    await this.#root.flushed;
    await this.#root.close();
  }

  async #writeQueue(): Promise<void> {
    while (this.#queue.length > 0) {
      const waiting = this.#takeBatch();
      try {
        const results = await this.#commit(waiting);
        waiting.forEach(({ resolve }, i) => resolve(results[i]!));
        for (const listener of this.#listeners) listener();
        this.index.storeWhenDue();
      } catch (cause) {
        this.streams.load(this.#totals.getRange({}));
        const error = new StreamError('STREAM_UNAVAILABLE', 'the log could not be written', {
          cause,
          retryAfterSeconds: 5,
        });
        for (const { reject } of waiting) reject(error);
      } finally {
        for (const { bytes } of waiting) this.#queuedBytes -= bytes;
      }
    }
    this.#writing = undefined;
  }

  #takeBatch(): Waiting[] {
    let events = 0;
    let taken = 0;
    while (taken < this.#queue.length && (taken === 0 || events < MAX_BATCH_EVENTS)) {
      events += this.#queue[taken++]!.events.length;
    }
    return this.#queue.splice(0, taken);
  }

  async #commit(waiting: readonly Waiting[]): Promise<Appended[][]> {
    const receivedAtMs = Math.max(this.#clock.now(), this.#lastReceivedAtMs);
    const fresh: { event: CheckedEvent; identity: string; offset: number; timeMs: number }[] = [];
    const inBatch = new Map<string, number>();
    let next = this.#next;
    const results = waiting.map(({ events }) =>
      events.map((event) => {
        const identity = identityOf(event.event);
        const known = inBatch.get(identity) ?? this.index.find(identity);
        if (known !== undefined) return { offset: known, duplicate: true };
        const offset = next++;
        inBatch.set(identity, offset);
        fresh.push({ event, identity, offset, timeMs: timeOf(event.event, receivedAtMs) });
        return { offset, duplicate: false };
      }),
    );
    if (fresh.length === 0) return results;

    const streams = new Set<string>();
    await this.#root.batch(() => {
      for (const { event, offset, timeMs } of fresh) {
        void this.#events.put(offsetKey(offset), encodeRecord(receivedAtMs, event.json));
        const { type } = event.event;
        this.streams.add(type, offset, timeMs, receivedAtMs);
        streams.add(type);
      }
      for (const name of streams) void this.#totals.put(name, this.streams.record(name));
      void this.#meta.put('next', next);
    });
    const receivedAt = new Date(receivedAtMs).toISOString();
    for (const { event, identity, offset, timeMs } of fresh) {
      this.index.add(event.event, identity, { offset, timeMs });
      this.#recent.add({ offset, receivedAt, event: event.event, bytes: event.json.length });
    }
    this.#next = next;
    this.#lastReceivedAtMs = receivedAtMs;
    return results;
  }

  /** True when a new stream may still come into being. */
  hasRoomFor(stream: string): boolean {
    return this.streams.size < MAX_STREAMS || this.streams.totals(stream) !== undefined;
  }
}
