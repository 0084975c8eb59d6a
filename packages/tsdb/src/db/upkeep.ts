import type { Matcher } from '@binnacle/model';
import type { Head } from '../head/head.ts';
import type { Deletion } from '../wal/records.ts';
import type { BlockSet } from './blockSet.ts';
import type { Journal } from './journal.ts';
import {
  applyRetention,
  compactBlocks,
  dueCut,
  mergeBlocks,
  writeBlocks,
  writeSnapshot,
} from './maintenance.ts';
import { MergedSet } from './mergedSet.ts';
import type { ResolvedOptions } from './options.ts';
import type { SelectRange } from './series.ts';

/** Everything that changes blocks, one after the other: cuts, merges, deletions, retention, snapshots. */
export class Upkeep {
  readonly #options: ResolvedOptions;
  readonly #head: Head;
  readonly #blocks: BlockSet;
  readonly #journal: Journal;
  readonly #onSeriesFreed: () => void;
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    options: ResolvedOptions,
    head: Head,
    blocks: BlockSet,
    journal: Journal,
    onSeriesFreed: () => void,
  ) {
    this.#options = options;
    this.#head = head;
    this.#blocks = blocks;
    this.#journal = journal;
    this.#onSeriesFreed = onSeriesFreed;
  }

  /** Settles when all work that was asked for is done. */
  get settled(): Promise<unknown> {
    return this.#work;
  }

  delete(matchers: readonly Matcher[], range: SelectRange): Promise<void> {
    return this.#exclusively(async () => {
      const head = this.#head;
      const deletions: Deletion[] = [];
      for (const series of head.matching(matchers)) {
        const toMs = Math.min(range.maxMs, head.lastTimeOf(series));
        if (toMs >= range.minMs) deletions.push({ ref: head.refOf(series), fromMs: range.minMs, toMs });
      }
      if (deletions.length > 0) {
        this.#journal.logDeletions(deletions);
        for (const { ref, fromMs, toMs } of deletions) head.delete(head.seriesOf(ref), fromMs, toMs);
      }
      for (const block of this.#blocks.list) {
        if (block.minTime <= range.maxMs && block.maxTime >= range.minMs)
          block.delete(matchers, { fromMs: range.minMs, toMs: range.maxMs });
      }
    });
  }

  cleanTombstones(): Promise<void> {
    return this.#exclusively(async () => {
      for (const block of this.#blocks.list.filter(({ tombstones }) => tombstones.size > 0))
        await mergeBlocks(this.#blocks, [block]);
    });
  }

  maintain(): Promise<void> {
    return this.#exclusively(async () => {
      for (;;) {
        const cutMs = dueCut(this.#head, this.#options.blockRangeMs);
        if (cutMs === undefined) break;
        await this.#cut(cutMs);
      }
      await compactBlocks(this.#blocks, this.#options);
      const newest = Math.max(this.#head.maxTime, ...this.#blocks.list.map(({ maxTime }) => maxTime));
      applyRetention(this.#blocks, this.#options, newest, this.#journal.sizeBytes);
    });
  }

  flush(): Promise<void> {
    return this.#exclusively(async () => {
      const head = this.#head;
      if (head.maxTime === -Infinity) return;
      const range = this.#options.blockRangeMs;
      const endMs = (Math.floor(head.maxTime / range) + 1) * range;
      const floorMs = head.maxTime + 1;
      head.minValidTime = endMs;
      try {
        await this.#cut(endMs, floorMs);
      } finally {
        head.minValidTime = floorMs;
      }
      await compactBlocks(this.#blocks, this.#options);
    });
  }

  snapshot(target: string): Promise<void> {
    return this.#exclusively(() => writeSnapshot(target, this.#blocks, this.#head));
  }

  reloadBlocks(): Promise<void> {
    return this.#exclusively(async () => this.#blocks.load());
  }

  async #cut(cutMs: number, floorMs = cutMs): Promise<void> {
    const walSegment = this.#journal.cutSegment();
    const selection = this.#head.beginCut(cutMs);
    const floor = { cutMs: floorMs, walSegment };
    let metas;
    try {
      const set = new MergedSet([selection], []);
      const range = this.#options.blockRangeMs;
      metas = await writeBlocks(this.#options.folder, set, range, { level: 1, parents: [] }, floor);
    } catch (error) {
      this.#head.abandonCut();
      throw error;
    }
    for (const meta of metas) this.#blocks.add(meta);
    if (this.#head.truncate(cutMs) > 0) this.#onSeriesFreed();
    this.#journal.checkpoint(cutMs, floor);
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }
}
