import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  LmdbStore,
  type Bytes,
  type KeyPage,
  type KeyResult,
  type MergedReadOptions,
  type MergedResult,
  type Operation,
  type ReadOptions,
  type TimelineState,
  type TimelineStore,
  type WriteResult,
} from '@binnacle/timeline';

/**
 * Fills a new generation with what events say. `others` is where everything else must be copied from, and to, when it is
 * not common to all generations.
 */
export type Fill = (
  next: Pick<TimelineStore, 'write'>,
  others?: { readonly from: TimelineStore; readonly to: TimelineStore },
) => Promise<void>;

/** Timelines that can be made anew while they answer. */
export interface RebuildableStore extends TimelineStore {
  /** Counted from 1. */
  readonly generation: number;
  /**
   * Fills a new generation, which gets all writes that come meanwhile, and switches to it at once; when `fill` rejects,
   * the current one stays.
   */
  rebuild(fill: Fill): Promise<void>;
}

const CURRENT = 'current';

/**
 * Timelines on disk in generations: one folder each, and a file that names the one that holds. A new generation is
 * filled beside the current one, gets every write that the current one gets, and takes over at once when the file is
 * renamed; a crash before that leaves the old one.
 */
export class GenerationalStore implements RebuildableStore {
  readonly #folder: string;
  readonly #capacity: number;
  #current: LmdbStore;
  #generation: number;
  #next: LmdbStore | undefined;

  private constructor(folder: string, capacity: number, generation: number, current: LmdbStore) {
    this.#folder = folder;
    this.#capacity = capacity;
    this.#generation = generation;
    this.#current = current;
  }

  /** Opens the current generation and removes what an unfinished one left. Throws TimelineError. */
  static async open(folder: string, capacity: number): Promise<GenerationalStore> {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, CURRENT);
    const generation = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 1;
    for (const name of readdirSync(folder)) {
      if (/^\d+$/.test(name) && name !== String(generation)) rmSync(join(folder, name), { recursive: true });
    }
    const current = await LmdbStore.open({ folder: join(folder, String(generation)), capacity });
    return new GenerationalStore(folder, capacity, generation, current);
  }

  get capacity(): number {
    return this.#current.capacity;
  }

  get generation(): number {
    return this.#generation;
  }

  /** When `fill` rejects, nothing of the new generation is left. */
  async rebuild(fill: Fill): Promise<void> {
    const generation = this.#generation + 1;
    const folder = join(this.#folder, String(generation));
    const next = await LmdbStore.open({ folder, capacity: this.#capacity });
    this.#next = next;
    try {
      await fill(next, { from: this.#current, to: next });
      this.#point(generation);
    } catch (error) {
      this.#next = undefined;
      await next.close();
      rmSync(folder, { recursive: true });
      throw error;
    }
    const old = this.#current;
    const oldFolder = join(this.#folder, String(this.#generation));
    this.#current = next;
    this.#generation = generation;
    this.#next = undefined;
    await old.close();
    rmSync(oldFolder, { recursive: true });
  }

  async write(operations: readonly Operation[]): Promise<WriteResult> {
    const [result] = await Promise.all([this.#current.write(operations), this.#next?.write(operations)]);
    return result;
  }

  async merge(key: Bytes, state: TimelineState): Promise<void> {
    await Promise.all([this.#current.merge(key, state), this.#next?.merge(key, state)]);
  }

  read(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]> {
    return this.#current.read(keys, options);
  }

  readMerged(keys: readonly Bytes[], options: MergedReadOptions): Promise<MergedResult> {
    return this.#current.readMerged(keys, options);
  }

  state(key: Bytes): Promise<TimelineState> {
    return this.#current.state(key);
  }

  keys(cursor: string | undefined, limit: number): Promise<KeyPage> {
    return this.#current.keys(cursor, limit);
  }

  async close(): Promise<void> {
    await this.#current.close();
  }

  #point(generation: number): void {
    const file = join(this.#folder, CURRENT);
    writeFileSync(`${file}.new`, String(generation), { flush: true });
    renameSync(`${file}.new`, file);
  }
}
