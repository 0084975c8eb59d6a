import type {
  Bytes,
  KeyPage,
  KeyResult,
  MergedReadOptions,
  MergedResult,
  Operation,
  ReadOptions,
  TimelineState,
  TimelineStore,
  WriteResult,
} from './contract.ts';
import { TimelineError } from './errors.ts';
import { mergeTimelines, readTimeline } from './localRead.ts';
import { Timeline } from './timeline.ts';
import { validateKey, validateOperations, validateRead, validateState, validCapacity } from './validate.ts';
import { applyOperations, operationsOf } from './writeResult.ts';

export interface MemoryStoreOptions {
  /** Entries a timeline keeps. Default 10,000. */
  readonly capacity?: number;
}

/** Timelines in the memory of this process, for tests and for indexes that can be rebuilt. Nothing is durable. */
export class MemoryStore implements TimelineStore {
  readonly capacity: number;
  readonly #timelines = new Map<Bytes, Timeline>();
  /** Keys in the order of their first write; a scan's cursor is an index into it. */
  readonly #keys: Bytes[] = [];
  #closed = false;

  constructor({ capacity = 10_000 }: MemoryStoreOptions = {}) {
    this.capacity = validCapacity(capacity);
  }

  async write(operations: readonly Operation[]): Promise<WriteResult> {
    this.#requireOpen();
    validateOperations(operations);
    return applyOperations(operations, this.capacity, (key) => this.#timelineOf(key));
  }

  async read(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]> {
    this.#requireOpen();
    validateRead(options);
    return keys.map((key) => readTimeline(key, this.#timelines.get(key), options));
  }

  async readMerged(keys: readonly Bytes[], options: MergedReadOptions): Promise<MergedResult> {
    this.#requireOpen();
    validateRead(options);
    return mergeTimelines(keys, (key) => this.#timelines.get(key), options);
  }

  async state(key: Bytes): Promise<TimelineState> {
    this.#requireOpen();
    validateKey(key);
    return this.#timelines.get(key)?.state() ?? { live: [], tombstones: [] };
  }

  async merge(key: Bytes, state: TimelineState): Promise<void> {
    this.#requireOpen();
    validateState(key, state);
    if (state.floor !== undefined) {
      this.#timelineOf(key).raiseFloor({ score: state.floor.score + 0, member: state.floor.member });
    }
    applyOperations(operationsOf(key, state), this.capacity, (name) => this.#timelineOf(name));
  }

  async keys(cursor: string | undefined, limit: number): Promise<KeyPage> {
    this.#requireOpen();
    validateRead({ limit });
    const start = cursor === undefined ? 0 : Number(cursor);
    if (!Number.isSafeInteger(start) || start < 0) {
      throw new TimelineError(
        'INVALID_READ',
        `cursor: expected the "next" of the page before, found "${cursor}"`,
      );
    }
    const keys = this.#keys.slice(start, start + limit);
    const end = start + keys.length;
    return end < this.#keys.length ? { keys, next: String(end) } : { keys };
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #timelineOf(key: Bytes): Timeline {
    const known = this.#timelines.get(key);
    if (known !== undefined) return known;
    const timeline = new Timeline();
    this.#timelines.set(key, timeline);
    this.#keys.push(key);
    return timeline;
  }

  #requireOpen(): void {
    if (this.#closed) throw new TimelineError('CLOSED', 'the timeline store is closed');
  }
}
