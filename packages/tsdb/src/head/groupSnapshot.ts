import { decodeValues } from '../codec/valueCodec.ts';
import { lowerBoundFloat } from '../index/postings.ts';
import { PAGE_TICKS, type HeadMemory } from './headMemory.ts';
import { WIDE_TABLE } from './sealing.ts';

/** The bytes of the head's windows. */
export interface WindowBytes {
  byId(id: number): Uint8Array | undefined;
  byTime(timeMs: number): Uint8Array | undefined;
}

/** A sealed page as a selection keeps it. Its bytes never change. */
export interface PageSnapshot {
  readonly bytes: Uint8Array;
  readonly ticks: number;
  readonly members: number;
  readonly tableAt: number;
  readonly isWide: boolean;
  readonly partsAt: number;
}

const scratch = new Float64Array(PAGE_TICKS);
const scratchWords = new Uint32Array(scratch.buffer);

/**
 * The times of a group inside a range, as they stood when the selection was made: the sealed pages that overlap it,
 * oldest first, and the open page. `times` covers the pages whole; ticks [from, to) are inside the range.
 */
export class GroupSnapshot {
  readonly pages: readonly PageSnapshot[];
  readonly times: Float64Array;
  readonly openTicks: number;
  /** Ticks [openFrom, openTo) of the open page are inside the range. */
  readonly openFrom: number;
  readonly openTo: number;
  /** Where histograms of the open page lie. */
  readonly openBytes: Uint8Array | undefined;
  readonly from: number;
  readonly to: number;
  readonly #suffixes = new Map<number, Float64Array>();

  constructor(memory: HeadMemory, windows: WindowBytes, group: number, minMs: number, maxMs: number) {
    const ids: number[] = [];
    let ticks = 0;
    for (let page = memory.groupLastPage.array[group]!; page !== 0; page = memory.pagePrevious.array[page]!) {
      if (memory.pageMaxTime.array[page]! < minMs) break;
      if (memory.pageMinTime.array[page]! > maxMs) continue;
      ids.push(page);
      ticks += memory.pageTicks.array[page]!;
    }
    ids.reverse();
    const open = memory.groupTicks.array[group]!;
    const openAt = group * PAGE_TICKS;
    const overlaps = open > 0 && memory.groupTimes.array[openAt]! <= maxMs;
    this.openTicks = overlaps ? open : 0;
    this.openBytes = overlaps ? windows.byTime(memory.groupTimes.array[openAt]!) : undefined;
    this.times = new Float64Array(ticks + this.openTicks);
    let at = 0;
    const pages: PageSnapshot[] = [];
    for (const id of ids) {
      const bytes = windows.byId(memory.pageWindow.array[id]!);
      if (bytes === undefined) continue;
      const page = readPage(memory, id, bytes);
      this.times.set(page.ticks === PAGE_TICKS ? scratch : scratch.subarray(0, page.ticks), at);
      at += page.ticks;
      pages.push(page);
    }
    this.pages = pages;
    for (let i = 0; i < this.openTicks; i++) this.times[at++] = memory.groupTimes.array[openAt + i]!;
    if (at < this.times.length) this.times = this.times.slice(0, at);
    this.from = lowerBoundFloat(this.times, minMs);
    this.to = lowerBoundFloat(this.times, maxMs + 1);
    const sealed = this.times.length - this.openTicks;
    this.openFrom = Math.max(0, this.from - sealed);
    this.openTo = Math.max(0, this.to - sealed);
  }

  /** The times from a tick on; the same array for every series that starts there. */
  timesFrom(tick: number): Float64Array {
    let times = this.#suffixes.get(tick);
    if (times === undefined) {
      times = tick === 0 ? this.times : this.times.slice(tick);
      this.#suffixes.set(tick, times);
    }
    return times;
  }
}

/** Where a member's part of a page begins, -1 when it has none. */
export function partOf(page: PageSnapshot, index: number): number {
  if (index >= page.members) return -1;
  const { bytes, tableAt, isWide } = page;
  const at = tableAt + index * (isWide ? 4 : 2);
  const from = readOffset(bytes, at, isWide);
  return from === readOffset(bytes, at + (isWide ? 4 : 2), isWide) ? -1 : page.partsAt + from;
}

/** Reads a page's head; its times are then in `scratch`. */
function readPage(memory: HeadMemory, id: number, bytes: Uint8Array): PageSnapshot {
  const at = memory.pageAt.array[id]!;
  const ticks = memory.pageTicks.array[id]!;
  const members = memory.pageMembers.array[id]!;
  const isWide = bytes[at] === WIDE_TABLE;
  const tableAt = decodeValues(bytes, at + 1, ticks, scratch, scratchWords, 0);
  return { bytes, ticks, members, tableAt, isWide, partsAt: tableAt + (members + 1) * (isWide ? 4 : 2) };
}

function readOffset(bytes: Uint8Array, at: number, isWide: boolean): number {
  const low = bytes[at]! | (bytes[at + 1]! << 8);
  return isWide ? (low | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0 : low;
}
