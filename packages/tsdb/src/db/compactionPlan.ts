import type { BlockMeta } from '../block/meta.ts';

/** Block ranges: the head's, then three times the one before, as long as they are not above `maxMs`. */
export function compactionRanges(headRangeMs: number, maxMs: number): number[] {
  const ranges = [headRangeMs];
  while (ranges[ranges.length - 1]! * 3 <= maxMs) ranges.push(ranges[ranges.length - 1]! * 3);
  return ranges;
}

/**
 * The blocks to merge next, oldest first; empty when there is nothing to do. Blocks that overlap come first. Then,
 * from the smallest range on, two or more blocks inside one aligned range that is full or followed by a newer block.
 */
export function planCompaction(metas: readonly BlockMeta[], ranges: readonly number[]): BlockMeta[] {
  const blocks = metas.toSorted((a, b) => a.minTime - b.minTime);
  const overlapping = findOverlap(blocks);
  if (overlapping.length > 0) return overlapping;
  const older = blocks.slice(0, -1);
  const newest = blocks[blocks.length - 1];
  if (newest === undefined) return [];
  for (const range of ranges.slice(1)) {
    const groups = new Map<number, BlockMeta[]>();
    for (const block of older) {
      const slot = Math.floor(block.minTime / range);
      if (block.maxTime > (slot + 1) * range) continue;
      groups.set(slot, [...(groups.get(slot) ?? []), block]);
    }
    for (const [slot, group] of groups) {
      const isOver = newest.minTime >= (slot + 1) * range;
      if (group.length > 1 && isOver) return group;
    }
  }
  return [];
}

function findOverlap(blocks: readonly BlockMeta[]): BlockMeta[] {
  for (const [i, block] of blocks.entries()) {
    const group = [block];
    let end = block.maxTime;
    for (const next of blocks.slice(i + 1)) {
      if (next.minTime >= end) break;
      group.push(next);
      end = Math.max(end, next.maxTime);
    }
    if (group.length > 1) return group;
  }
  return [];
}
