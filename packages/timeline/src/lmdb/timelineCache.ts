import type { Bytes } from '../contract.ts';
import type { Timeline } from '../timeline.ts';

/** A timeline in memory. */
export interface CachedTimeline {
  readonly key: Bytes;
  readonly timeline: Timeline;
  /** True when LMDB has a record of it. */
  stored: boolean;
  /** Changed since it was last written to LMDB. */
  dirty: boolean;
  /** Being written to LMDB: until that is visible, it may not be read from there again. */
  pinned: boolean;
  /** Used since the sweep last came by. */
  touched: boolean;
  weight: number;
}

/** Rough bytes in memory: of a timeline, of an entry that is loaded, not loaded, and known to an index. */
const TIMELINE_WEIGHT = 600;
const LOADED_ENTRY_WEIGHT = 160;
const HASH_WEIGHT = 4;
const INDEX_WEIGHT = 40;

/**
 * Timelines in memory up to a weight. What is over it goes by second chance, except for timelines that LMDB does
 * not have in their present form.
 */
export class TimelineCache {
  readonly #limit: number;
  readonly #entries = new Map<Bytes, CachedTimeline>();
  #weight = 0;
  /** The weight to sweep at: above the limit when the last sweep could not get below it. */
  #sweepAt: number;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
    this.#sweepAt = limitBytes;
  }

  /** The weight as a part of the limit. Above 1 when timelines must wait for a checkpoint before they can go. */
  get pressure(): number {
    return this.#weight / this.#limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Estimated bytes. */
  get weight(): number {
    return this.#weight;
  }

  get(key: Bytes): CachedTimeline | undefined {
    const cached = this.#entries.get(key);
    if (cached === undefined) return undefined;
    cached.touched = true;
    this.#weigh(cached);
    return cached;
  }

  add(key: Bytes, timeline: Timeline, stored: boolean): CachedTimeline {
    const cached = { key, timeline, stored, dirty: false, pinned: false, touched: true, weight: 0 };
    this.#entries.set(key, cached);
    this.#weigh(cached);
    if (this.#weight > this.#sweepAt) this.#sweep(cached);
    return cached;
  }

  /** Lets go what is over the limit, after a checkpoint has made that possible. */
  trim(): void {
    if (this.#weight > this.#limit) this.#sweep(undefined);
  }

  /** Keys that LMDB does not have, in no order. */
  unstoredKeys(): Bytes[] {
    return [...this.#entries.values()].filter(({ stored }) => !stored).map(({ key }) => key);
  }

  #weigh(cached: CachedTimeline): void {
    const { size, unloaded, indexed } = cached.timeline;
    const weight =
      TIMELINE_WEIGHT +
      (size - unloaded) * LOADED_ENTRY_WEIGHT +
      unloaded * HASH_WEIGHT +
      (indexed ? size * INDEX_WEIGHT : 0);
    this.#weight += weight - cached.weight;
    cached.weight = weight;
  }

  #sweep(spared: CachedTimeline | undefined): void {
    const target = this.#limit * 0.9;
    let visits = this.#entries.size * 2;
    for (const [key, cached] of this.#entries) {
      if (this.#weight <= target || visits-- === 0) break;
      this.#weigh(cached);
      const kept = cached.touched || cached.dirty || cached.pinned || cached === spared;
      this.#entries.delete(key);
      if (kept) {
        cached.touched = false;
        this.#entries.set(key, cached);
      } else {
        this.#weight -= cached.weight;
      }
    }
    this.#sweepAt = Math.max(this.#limit, this.#weight * 1.1);
  }
}
