import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type {
  Bytes,
  KeyPage,
  KeyResult,
  MergedReadOptions,
  MergedResult,
  Operation,
  Position,
  ReadOptions,
  TimelineState,
  TimelineStore,
  WriteResult,
} from '../contract.ts';
import { TimelineError } from '../errors.ts';
import { mergeTimelines, readTimeline } from '../localRead.ts';
import { Timeline } from '../timeline.ts';
import { validateKey, validateOperations, validateRead, validateState, validCapacity } from '../validate.ts';
import { applyOperations, operationsOf } from '../writeResult.ts';
import { BlockDatabase } from './blockDatabase.ts';
import { Checkpoint } from './checkpoint.ts';
import { lockFolder } from './folderLock.ts';
import { Journal, replayJournal } from './journal.ts';
import { TimelineCache, type CachedTimeline } from './timelineCache.ts';

export interface LmdbStoreOptions {
  /** Belongs to this store and one process alone; made when missing. */
  readonly folder: string;
  /** Entries a timeline keeps. Default 10,000. */
  readonly capacity?: number;
  /** Memory for timelines that were used lately. Default 256 MiB. */
  readonly cacheBytes?: number;
  /** Size of the journal at which changes are written to LMDB. Default 32 MiB. */
  readonly checkpointBytes?: number;
  /**
   * An acknowledged write survives the death of the process always, and of the machine once it is synced: this long
   * after the write, or before the acknowledgement when 0. Default 1,000.
   */
  readonly syncIntervalMs?: number;
}

/** Figures of a store, for metrics. */
export interface LmdbStoreStats {
  readonly cachedTimelines: number;
  readonly cacheBytes: number;
  readonly dirtyTimelines: number;
  readonly journalBytes: number;
  readonly checkpoints: number;
  readonly replayedRecords: number;
  /** Bytes of unacknowledged writes that a crash had cut off, found when the store was opened. */
  readonly droppedJournalBytes: number;
}

/**
 * Timelines on disk. A write is applied in memory and acknowledged when the journal, shared by all concurrent
 * writes, is in the file; checkpoints carry changed blocks into LMDB and drop the journal before them. Recovery
 * replays the journal over the last checkpoint, which is safe however far that had come, because operations join.
 */
export class LmdbStore implements TimelineStore {
  readonly capacity: number;
  readonly #database: BlockDatabase;
  readonly #journal: Journal;
  readonly #cache: TimelineCache;
  readonly #checkpoint: Checkpoint;
  readonly #unlock: () => void;
  readonly #recovery: { replayedRecords: number; droppedJournalBytes: number };
  #closed = false;

  private constructor(parts: {
    capacity: number;
    database: BlockDatabase;
    journal: Journal;
    cache: TimelineCache;
    checkpointBytes: number;
    unlock: () => void;
  }) {
    this.capacity = parts.capacity;
    this.#database = parts.database;
    this.#journal = parts.journal;
    this.#cache = parts.cache;
    this.#unlock = parts.unlock;
    this.#checkpoint = new Checkpoint(parts.database, parts.journal, parts.cache, parts.checkpointBytes);
    this.#recovery = { replayedRecords: 0, droppedJournalBytes: 0 };
  }

  /** Opens a folder and replays its journal. Throws STORE_LOCKED, STORE_CORRUPT, INVALID_CONFIG. */
  static async open(options: LmdbStoreOptions): Promise<LmdbStore> {
    const {
      folder,
      cacheBytes = 256 * 1024 ** 2,
      checkpointBytes = 32 * 1024 ** 2,
      syncIntervalMs = 1000,
    } = options;
    const capacity = validCapacity(options.capacity ?? 10_000);
    mkdirSync(folder, { recursive: true });
    const unlock = lockFolder(folder);
    try {
      const database = new BlockDatabase(join(folder, 'timelines.mdb'));
      const journal = await Journal.open({ folder: join(folder, 'journal'), syncIntervalMs });
      const cache = new TimelineCache(cacheBytes);
      const store = new LmdbStore({ capacity, database, journal, cache, checkpointBytes, unlock });
      await store.#recover(join(folder, 'journal'));
      return store;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  async write(operations: readonly Operation[]): Promise<WriteResult> {
    this.#requireOpen();
    validateOperations(operations);
    await this.#checkpoint.whenAccepting();
    this.#requireOpen();
    const result = this.#apply(operations);
    await this.#commit();
    return result;
  }

  async read(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]> {
    this.#requireOpen();
    validateRead(options);
    return keys.map((key) => readTimeline(key, this.#find(key)?.timeline, options));
  }

  async readMerged(keys: readonly Bytes[], options: MergedReadOptions): Promise<MergedResult> {
    this.#requireOpen();
    validateRead(options);
    return mergeTimelines(keys, (key) => this.#find(key)?.timeline, options);
  }

  async state(key: Bytes): Promise<TimelineState> {
    this.#requireOpen();
    validateKey(key);
    return this.#find(key)?.timeline.state() ?? { live: [], tombstones: [] };
  }

  async merge(key: Bytes, state: TimelineState): Promise<void> {
    this.#requireOpen();
    validateState(key, state);
    await this.#checkpoint.whenAccepting();
    this.#requireOpen();
    if (state.floor !== undefined) {
      const floor = { score: state.floor.score + 0, member: state.floor.member };
      this.#raiseFloor(key, floor);
      this.#journal.append('floor', key, floor);
    }
    this.#apply(operationsOf(key, state));
    await this.#commit();
  }

  async keys(cursor: string | undefined, limit: number): Promise<KeyPage> {
    this.#requireOpen();
    validateRead({ limit });
    const unstored = this.#cache.unstoredKeys().filter((key) => cursor === undefined || key > cursor);
    const known = new Set([...this.#database.keysAfter(cursor, limit), ...unstored]);
    const keys = [...known].sort((a, b) => (a < b ? -1 : 1)).slice(0, limit);
    return keys.length === limit ? { keys, next: keys.at(-1)! } : { keys };
  }

  stats(): LmdbStoreStats {
    return {
      cachedTimelines: this.#cache.size,
      cacheBytes: this.#cache.weight,
      dirtyTimelines: this.#checkpoint.dirtyTimelines,
      journalBytes: this.#journal.fileBytes,
      checkpoints: this.#checkpoint.completed,
      ...this.#recovery,
    };
  }

  /** Writes what is in memory to LMDB and lets the folder go. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      await this.#checkpoint.run();
    } finally {
      await this.#journal.close();
      await this.#database.close();
      this.#unlock();
    }
  }

  #apply(operations: readonly Operation[]): WriteResult {
    let last: CachedTimeline | undefined;
    return applyOperations(
      operations,
      this.capacity,
      (key) => (last = last?.key === key ? last : this.#findOrCreate(key)).timeline,
      (operation) => {
        this.#checkpoint.add(last!);
        this.#journal.append(operation.kind, operation.key, operation);
      },
    );
  }

  #raiseFloor(key: Bytes, floor: Position): void {
    const cached = this.#findOrCreate(key);
    cached.timeline.raiseFloor(floor);
    this.#checkpoint.add(cached);
  }

  async #commit(): Promise<void> {
    await this.#journal.commit();
    this.#checkpoint.runWhenDue();
  }

  #find(key: Bytes): CachedTimeline | undefined {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const timeline = this.#database.read(key);
    return timeline === undefined ? undefined : this.#cache.add(key, timeline, true);
  }

  #findOrCreate(key: Bytes): CachedTimeline {
    const found = this.#find(key);
    if (found !== undefined) return found;
    const timeline = new Timeline();
    timeline.removedBlockIds = [];
    return this.#cache.add(key, timeline, false);
  }

  async #recover(journalFolder: string): Promise<void> {
    const { droppedBytes } = await replayJournal(
      journalFolder,
      this.#database.journalStart,
      (kind, key, position) => {
        this.#recovery.replayedRecords++;
        if (kind === 'floor') return this.#raiseFloor(key, position);
        const cached = this.#findOrCreate(key);
        if (cached.timeline.apply({ ...position, deleted: kind === 'delete' }, this.capacity).changed) {
          this.#checkpoint.add(cached);
        }
      },
    );
    this.#recovery.droppedJournalBytes = droppedBytes;
    if (this.#recovery.replayedRecords > 0) await this.#checkpoint.run();
  }

  #requireOpen(): void {
    if (this.#closed) throw new TimelineError('CLOSED', 'the timeline store is closed');
  }
}
