import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Block } from '../block/block.ts';
import { PageCache } from '../block/dataFile.ts';
import { isUlid, type BlockMeta } from '../block/meta.ts';
import { messageOf } from '../errors.ts';
import type { TsdbEvent } from './options.ts';

/** The blocks of a data folder. */
export class BlockSet {
  readonly folder: string;
  readonly #cache: PageCache;
  readonly #emit: (event: TsdbEvent) => void;
  #blocks: Block[] = [];

  constructor(folder: string, cacheBytes: number, emit: (event: TsdbEvent) => void) {
    this.folder = folder;
    this.#cache = new PageCache(cacheBytes);
    this.#emit = emit;
  }

  /** Blocks by their first time. */
  get list(): readonly Block[] {
    return this.#blocks;
  }

  /** Blocks by when they were made: of two samples with one time, that of the older block was there first. */
  get byAge(): readonly Block[] {
    return this.#blocks.toSorted((a, b) => (a.meta.ulid < b.meta.ulid ? -1 : 1));
  }

  get sizeBytes(): number {
    return this.#blocks.reduce((total, { sizeBytes }) => total + sizeBytes, 0);
  }

  /**
   * Opens every block of the folder, again where it was open. What a crash left behind is removed: unfinished blocks, and blocks that were
   * merged into one that is there. A block that cannot be read is reported and left alone.
   */
  load(): void {
    const found: Block[] = [];
    for (const name of readdirSync(this.folder)) {
      if (/^[0-9A-Z]{26}\.(?:tmp|deleted)$/.test(name)) rmSync(join(this.folder, name), { recursive: true });
      if (!isUlid(name)) continue;
      try {
        found.push(new Block(join(this.folder, name), this.#cache));
      } catch (error) {
        this.#emit({ kind: 'block-damaged', message: messageOf(error) });
      }
    }
    for (const block of this.#blocks) block.retire();
    const merged = new Set(found.flatMap(({ meta }) => meta.compaction.parents));
    this.#blocks = found.filter(({ meta }) => !merged.has(meta.ulid));
    this.#sort();
    for (const block of found)
      if (merged.has(block.meta.ulid)) this.#remove(block, 'merged into another block');
  }

  /** Opens a block that was just written. */
  add(meta: BlockMeta): Block {
    const block = new Block(join(this.folder, meta.ulid), this.#cache);
    this.#blocks.push(block);
    this.#sort();
    const { numSamples, numSeries } = meta.stats;
    this.#emit({
      kind: 'block-created',
      message: `block ${meta.ulid}: ${numSamples} samples of ${numSeries} series, level ${meta.compaction.level}`,
    });
    return block;
  }

  /** Takes blocks out of service and removes their folders. */
  remove(blocks: readonly Block[], reason: string): void {
    this.#blocks = this.#blocks.filter((block) => !blocks.includes(block));
    for (const block of blocks) this.#remove(block, reason);
  }

  report(error: unknown): void {
    this.#emit({ kind: 'block-damaged', message: messageOf(error) });
  }

  close(): void {
    for (const block of this.#blocks) block.close();
  }

  #remove(block: Block, reason: string): void {
    block.retire();
    if (existsSync(block.folder)) {
      // A kill in the middle of removing must not leave half a block under its name.
      renameSync(block.folder, `${block.folder}.deleted`);
      rmSync(`${block.folder}.deleted`, { recursive: true });
    }
    this.#emit({ kind: 'block-deleted', message: `block ${block.meta.ulid}: ${reason}` });
  }

  #sort(): void {
    this.#blocks.sort((a, b) => a.minTime - b.minTime || (a.meta.ulid < b.meta.ulid ? -1 : 1));
  }
}
