import { TimelineError } from '../errors.ts';
import type { BlockDatabase } from './blockDatabase.ts';
import type { Journal } from './journal.ts';
import type { CachedTimeline, TimelineCache } from './timelineCache.ts';

/** Timelines encoded in one turn of the event loop, so that other work is not held up for long. */
const SLICE_TIMELINES = 64;
/** Slices handed to LMDB before waiting for them; it joins what waits into one transaction, and so into one sync. */
const SLICES_UNDER_WAY = 16;
/** A checkpoint is due early when changed timelines keep this much more than its limit in the cache. */
const DUE_PRESSURE = 1.2;
/** Journal and cache may grow to this many times their limit before writes wait for a checkpoint to end. */
const PATIENCE = 3;

/** Where a checkpoint writes. */
export type CheckpointTarget = Pick<BlockDatabase, 'write' | 'setJournalStart'>;

/**
 * Carries changed timelines into LMDB, then drops the journal that held the changes. Writes go on meanwhile: a
 * timeline that changes again is simply written again next time, and replaying a change twice does nothing.
 */
export class Checkpoint {
  readonly #database: CheckpointTarget;
  readonly #journal: Journal;
  readonly #cache: TimelineCache;
  readonly #dueBytes: number;
  #dirty = new Set<CachedTimeline>();
  #running: Promise<void> | undefined;
  #failure: TimelineError | undefined;
  /** Checkpoints since the store was opened. */
  completed = 0;

  constructor(database: CheckpointTarget, journal: Journal, cache: TimelineCache, dueBytes: number) {
    this.#database = database;
    this.#journal = journal;
    this.#cache = cache;
    this.#dueBytes = dueBytes;
  }

  get dirtyTimelines(): number {
    return this.#dirty.size;
  }

  /** Notes that a timeline differs from what LMDB has. */
  add(cached: CachedTimeline): void {
    if (cached.dirty) return;
    cached.dirty = true;
    this.#dirty.add(cached);
  }

  /** Resolves when a write may be taken: not while checkpoints are far behind. Rejects with STORE_FAILED after one failed. */
  async whenAccepting(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    while (this.#running !== undefined && this.#load() > PATIENCE) await this.#running;
  }

  /** Starts a checkpoint when the journal has grown to its size. A failure is told to the writes that come after. */
  runWhenDue(): void {
    const early = this.#cache.pressure > DUE_PRESSURE && this.#dirty.size > 0;
    if (this.#running !== undefined || (this.#journal.fileBytes < this.#dueBytes && !early)) return;
    this.run().then(
      () => this.runWhenDue(),
      (error: TimelineError) => (this.#failure ??= error),
    );
  }

  /** Runs a checkpoint, after the one that may be running. Rejects with STORE_FAILED. */
  async run(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    this.#running = this.#run()
      .catch((error) => {
        throw new TimelineError(
          'STORE_FAILED',
          'LMDB could not be written; free the disk and open the store again',
          {
            cause: error,
          },
        );
      })
      .finally(() => {
        this.#running = undefined;
      });
    await this.#running;
  }

  async #run(): Promise<void> {
    const generation = await this.#journal.rotate();
    const waiting = this.#dirty;
    this.#dirty = new Set();
    let slice: CachedTimeline[] = [];
    let underWay: Promise<void>[] = [];
    for (const cached of waiting) {
      slice.push(cached);
      if (slice.length < SLICE_TIMELINES) continue;
      const write = this.#write(slice);
      // It may fail before it is waited for, which is where the failure is told.
      write.catch(() => undefined);
      underWay.push(write);
      slice = [];
      await new Promise((resolve) => setImmediate(resolve));
      if (underWay.length < SLICES_UNDER_WAY) continue;
      await Promise.all(underWay);
      underWay = [];
    }
    await Promise.all([...underWay, this.#write(slice)]);
    await this.#database.setJournalStart(generation);
    await this.#journal.drop(generation);
    this.completed++;
  }

  #load(): number {
    return Math.max(this.#journal.fileBytes / this.#dueBytes, this.#cache.pressure);
  }

  async #write(slice: readonly CachedTimeline[]): Promise<void> {
    for (const cached of slice) {
      cached.dirty = false;
      cached.pinned = true;
    }
    await this.#database.write(slice);
    for (const cached of slice) {
      cached.pinned = false;
      cached.stored = true;
    }
    this.#cache.trim();
  }
}
