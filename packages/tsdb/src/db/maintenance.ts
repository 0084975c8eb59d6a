import { randomUUID } from 'node:crypto';
import { cpSync, linkSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Block } from '../block/block.ts';
import { BlockWriter } from '../block/blockWriter.ts';
import { newUlid, type BlockMeta } from '../block/meta.ts';
import { TsdbError } from '../errors.ts';
import type { Head } from '../head/head.ts';
import type { BlockSet } from './blockSet.ts';
import { compactionRanges, planCompaction } from './compactionPlan.ts';
import { MergedSet } from './mergedSet.ts';
import { maxBlockMs, type ResolvedOptions } from './options.ts';
import { createStoredBuffer, type StoredBuffer } from './series.ts';

const ALL_TIME = { minMs: -Infinity, maxMs: Infinity };
/** Work on blocks lets requests have their turn after this long. */
const SLICE_MS = 2;

/** The end of the head's oldest block range, when it is old enough to be cut; undefined otherwise. */
export function dueCut(head: Head, rangeMs: number): number | undefined {
  if (!(head.maxTime - head.minTime > 1.5 * rangeMs)) return undefined;
  return (Math.floor(head.minTime / rangeMs) + 1) * rangeMs;
}

/** Writes everything of a set that lies in one block range into one block of it. Gives the event loop its turns. */
export async function writeBlocks(
  folder: string,
  set: MergedSet,
  rangeMs: number,
  compaction: Omit<BlockMeta['compaction'], 'sources'>,
  head?: BlockMeta['head'],
): Promise<BlockMeta[]> {
  const writers = new Map<number, { readonly writer: BlockWriter; readonly ulid: string }>();
  const buffer = createStoredBuffer();
  try {
    const turns = new Turns();
    for (let i = 0; i < set.length; i++) {
      set.readStored(i, buffer);
      const labels = set.labels(i);
      for (let from = 0; from < buffer.length;) {
        const slot = rangeMs === Infinity ? 0 : Math.floor(buffer.timestamps[from]! / rangeMs);
        let to = from + 1;
        if (rangeMs === Infinity) to = buffer.length;
        else while (to < buffer.length && buffer.timestamps[to]! < (slot + 1) * rangeMs) to++;
        let open = writers.get(slot);
        if (open === undefined) {
          const ulid = newUlid(Date.now());
          writers.set(slot, (open = { ulid, writer: new BlockWriter(folder, ulid) }));
        }
        open.writer.add(labels, part(buffer, from, to));
        from = to;
      }
      await turns.take();
    }
    refuseDamage(set);
  } catch (error) {
    for (const { writer } of writers.values()) writer.abort();
    throw error;
  }
  // The newest last: the block that says what the log no longer has to hold appears when the others are there.
  const slots = [...writers.keys()].sort((a, b) => a - b);
  return slots.flatMap((slot, i) => {
    const { writer, ulid } = writers.get(slot)!;
    return writer.finish({ ...compaction, sources: [ulid] }, i === slots.length - 1 ? head : undefined) ?? [];
  });
}

/** Merges blocks, given by age, into one and puts it in their place. */
export async function mergeBlocks(blocks: BlockSet, parents: readonly Block[]): Promise<void> {
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  const set = new MergedSet(
    parents.map((block) => block.selectAll(ALL_TIME, warn)),
    warnings,
  );
  const ulid = newUlid(Date.now());
  const writer = new BlockWriter(blocks.folder, ulid);
  const buffer = createStoredBuffer();
  const turns = new Turns();
  try {
    for (let i = 0; i < set.length; i++) {
      set.readStored(i, buffer);
      writer.add(set.labels(i), buffer);
      await turns.take();
    }
    refuseDamage(set);
  } catch (error) {
    writer.abort();
    throw error;
  }
  const heads = parents.flatMap(({ meta: { head } }) => head ?? []);
  const meta = writer.finish(
    {
      level: Math.max(...parents.map(({ meta: { compaction } }) => compaction.level)) + 1,
      sources: [...new Set(parents.flatMap(({ meta: { compaction } }) => compaction.sources))],
      parents: parents.map(({ meta: { ulid } }) => ulid),
    },
    heads.toSorted((a, b) => b.cutMs - a.cutMs)[0],
  );
  if (meta !== undefined) blocks.add(meta);
  blocks.remove(parents, meta === undefined ? 'everything in it was deleted' : `merged into ${meta.ulid}`);
}

/** Merges until there is nothing left to merge; a block with many deletions is written again without them. */
export async function compactBlocks(blocks: BlockSet, options: ResolvedOptions): Promise<void> {
  const ranges = compactionRanges(options.blockRangeMs, maxBlockMs(options));
  const damaged = new Set<string>();
  for (;;) {
    const sound = blocks.byAge.filter(({ meta }) => !damaged.has(meta.ulid));
    const plan = planCompaction(
      sound.map(({ meta }) => meta),
      ranges,
    );
    const parents = sound.filter(({ meta }) => plan.includes(meta));
    if (parents.length === 0) return;
    try {
      await mergeBlocks(blocks, parents);
    } catch (error) {
      if (!(error instanceof TsdbError) || error.code !== 'TSDB_CORRUPT_BLOCK') throw error;
      // Not again in this round; what is sound stays readable.
      blocks.report(error);
      for (const { meta } of parents) damaged.add(meta.ulid);
    }
  }
}

/** Removes blocks by age, counted from the newest sample, and then by size. */
export function applyRetention(
  blocks: BlockSet,
  options: ResolvedOptions,
  newestMs: number,
  walBytes: number,
): void {
  const { retentionMs, retentionBytes } = options;
  if (retentionMs > 0) {
    const old = blocks.list.filter(({ maxTime }) => maxTime < newestMs - retentionMs);
    if (old.length > 0) blocks.remove(old, `older than ${retentionMs} ms`);
  }
  if (retentionBytes === 0) return;
  while (blocks.list.length > 0 && blocks.sizeBytes + walBytes > retentionBytes) {
    blocks.remove([blocks.list[0]!], `more than ${retentionBytes} bytes`);
  }
}

/** Copies blocks (by hard links where possible) and writes the head as one more block, all under a new folder. */
export async function writeSnapshot(target: string, blocks: BlockSet, head: Head): Promise<void> {
  const temporary = `${target}.tmp-${randomUUID()}`;
  mkdirSync(temporary, { recursive: true });
  try {
    for (const block of blocks.list) {
      const folder = join(temporary, block.meta.ulid);
      mkdirSync(folder);
      for (const name of readdirSync(block.folder)) linkOrCopy(join(block.folder, name), join(folder, name));
    }
    const set = new MergedSet([head.selectAll(ALL_TIME)], []);
    await writeBlocks(temporary, set, Infinity, { level: 1, parents: [] });
    renameSync(temporary, target);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw error;
  }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    cpSync(from, to);
  }
}

/** A merge that could not read everything must not take the place of what it read from. */
function refuseDamage(set: MergedSet): void {
  if (set.warnings.length > 0) throw new TsdbError('TSDB_CORRUPT_BLOCK', set.warnings.join('; '));
}

function part(buffer: StoredBuffer, from: number, to: number): StoredBuffer {
  if (from === 0 && to === buffer.length) return buffer;
  return {
    length: to - from,
    timestamps: buffer.timestamps.subarray(from, to),
    values: buffer.values.subarray(from, to),
    histograms: buffer.histograms?.slice(from, to),
    startTimestamps: buffer.startTimestamps?.subarray(from, to),
  };
}

/** Lets other work run after every few milliseconds of this. */
class Turns {
  #started = performance.now();

  async take(): Promise<void> {
    if (performance.now() - this.#started < SLICE_MS) return;
    await setImmediate();
    this.#started = performance.now();
  }
}
