import { encodeValues, maxEncodedSize } from '../codec/valueCodec.ts';
import { PAGE_TICKS, STATE, type HeadMemory } from './headMemory.ts';
import { staggeredLimit, type Members } from './members.ts';
import type { Windows } from './windows.ts';

/** First byte of a page: bytes of one entry of its offset table. */
const NARROW_TABLE = 2;
export const WIDE_TABLE = 4;
/** First byte of a member's part of a page. */
export const PART_SPARSE = 1;
export const PART_HISTOGRAMS = 2;

const MAX_SPLIT = 64;
const PART_SIZE = 9 + maxEncodedSize(PAGE_TICKS);

/**
 * Turns the open page of a group into bytes in its window: the times once, then a table of offsets, then each
 * member's values (docs/formats.md, "Head pages"). Members that had nothing to say give their tail back.
 */
export class Sealing {
  readonly #memory: HeadMemory;
  readonly #members: Members;
  readonly #windows: Windows;
  #parts = new Uint8Array(64 * PART_SIZE);
  #page = new Uint8Array(64 * PART_SIZE);
  #offsets = new Uint32Array(64);
  /** Which ticks each member of the page has. */
  #masks = new Uint32Array(64);
  readonly #values = new Float64Array(PAGE_TICKS);
  readonly #words = new Uint32Array(this.#values.buffer);

  constructor(memory: HeadMemory, members: Members, windows: Windows) {
    this.#memory = memory;
    this.#members = members;
    this.#windows = windows;
  }

  /** Adds a time to a group's open page, sealing it first when it is full or its block range is over. */
  openTick(group: number, timeMs: number): void {
    const memory = this.#memory;
    let ticks = memory.groupTicks.array[group]!;
    if (ticks > 0) {
      const isOver = timeMs >= memory.groupWindowEnd.array[group]!;
      if (isOver || ticks >= memory.groupTickLimit.array[group]!) {
        this.seal(group);
        memory.groupTickLimit.array[group] = isOver ? staggeredLimit(group) : PAGE_TICKS;
        ticks = 0;
      }
    }
    if (ticks === 0) memory.groupWindowEnd.array[group] = this.#windows.at(timeMs).endMs;
    memory.groupTimes.array[group * PAGE_TICKS + ticks] = timeMs;
    memory.groupTicks.array[group] = ticks + 1;
    memory.groupLastTime.array[group] = timeMs;
  }

  /** Seals what a group's open page has. */
  seal(group: number): void {
    const memory = this.#memory;
    const ticks = memory.groupTicks.array[group]!;
    if (ticks === 0) return;
    const count = memory.groupMembers.array[group]!;
    const listAt = memory.groupMembersAt.array[group]!;
    const times = memory.groupTimes.array.subarray(group * PAGE_TICKS, group * PAGE_TICKS + ticks);
    if (this.#offsets.length <= count) {
      this.#offsets = new Uint32Array(2 * count + 1);
      this.#masks = new Uint32Array(2 * count + 1);
    }
    if (this.#parts.length < count * PART_SIZE) this.#parts = new Uint8Array(2 * count * PART_SIZE);
    const full = ticks === 32 ? -1 : (1 << ticks) - 1;
    let size = 0;
    let active = 0;
    let present = 0;
    for (let i = 0; i < count; i++) {
      this.#offsets[i] = size;
      this.#masks[i] = 0;
      const member = memory.memberLists.words[listAt + i]!;
      if (member === 0) continue;
      const mask = memory.memberPresent.array[member]! | 0;
      const isCurrent = memory.seriesMember.array[memory.memberSeries.array[member]!] === member;
      if (memory.memberTail.array[member] !== 0 && mask !== 0) {
        size = this.#encodePart(member, mask, full, ticks, size);
        this.#masks[i] = mask;
        active++;
        present += bitCount(mask);
        if (isCurrent) {
          const last = times[31 - Math.clz32(mask)]!;
          memory.seriesLastTime.array[memory.memberSeries.array[member]!] = last;
        }
        memory.memberPresent.array[member] = 0;
        memory.memberHistograms.array[member] = 0;
      } else if (isCurrent) this.#members.takeTail(member);
      if (!isCurrent) this.#members.retire(member);
    }
    this.#offsets[count] = size;
    if (active > 0) this.#store(group, times, count, size);
    memory.groupTicks.array[group] = 0;
    if (present < 0.6 * active * ticks) this.#split(count, listAt);
    else if (count >= 16 && 2 * memory.groupLive.array[group]! < count) this.#reform(count, listAt);
  }

  #encodePart(member: number, mask: number, full: number, ticks: number, at: number): number {
    const memory = this.#memory;
    const words = this.#members.tailWords;
    const from = 2 * PAGE_TICKS * memory.memberTail.array[member]!;
    const out = this.#parts;
    const own = this.#words;
    const histograms = memory.memberHistograms.array[member]!;
    const flagsAt = at++;
    out[flagsAt] = (mask === full ? 0 : PART_SPARSE) | (histograms === 0 ? 0 : PART_HISTOGRAMS);
    let count = ticks;
    if (mask === full) for (let i = 0; i < 2 * ticks; i++) own[i] = words[from + i]!;
    else {
      at = writeWord(out, at, mask);
      count = 0;
      for (let rest = mask; rest !== 0; rest &= rest - 1) {
        const slot = 31 - Math.clz32(rest & -rest);
        own[2 * count] = words[from + 2 * slot]!;
        own[2 * count + 1] = words[from + 2 * slot + 1]!;
        count++;
      }
    }
    if (histograms !== 0) at = writeWord(out, at, histograms);
    return encodeValues(this.#values, own, count, out, at);
  }

  #store(group: number, times: Float64Array, count: number, size: number): void {
    const memory = this.#memory;
    const width = size < 65536 ? NARROW_TABLE : WIDE_TABLE;
    const needed = 1 + maxEncodedSize(PAGE_TICKS) + (count + 1) * width + size;
    if (this.#page.length < needed) this.#page = new Uint8Array(2 * needed);
    const page = this.#page;
    this.#values.set(times);
    page[0] = width;
    let at = encodeValues(this.#values, this.#words, times.length, page, 1);
    for (let i = 0; i <= count; i++) {
      const offset = this.#offsets[i]!;
      page[at++] = offset;
      page[at++] = offset >>> 8;
      if (width === WIDE_TABLE) {
        page[at++] = offset >>> 16;
        page[at++] = offset >>> 24;
      }
    }
    page.set(this.#parts.subarray(0, size), at);
    const window = this.#windows.at(times[0]!);
    const id = this.#takePage();
    memory.pageWindow.array[id] = window.id;
    memory.pageAt.array[id] = this.#windows.store(window, page, at + size);
    memory.pagePrevious.array[id] = memory.groupLastPage.array[group]!;
    memory.pageTicks.array[id] = times.length;
    memory.pageMembers.array[id] = count;
    memory.pageMinTime.array[id] = times[0]!;
    memory.pageMaxTime.array[id] = times[times.length - 1]!;
    memory.groupLastPage.array[group] = id;
  }

  /** Members that keep missing each other's ticks go to groups of those that came together. */
  #split(count: number, listAt: number): void {
    const groups = new Map<number, number>();
    for (let i = 0; i < count; i++) {
      const member = this.#memory.memberLists.words[listAt + i]!;
      const mask = this.#masks[i]!;
      if (member === 0 || mask === 0) continue;
      let target = groups.get(mask);
      if (target === undefined) {
        if (groups.size === MAX_SPLIT) break;
        target = this.#members.createGroup();
        groups.set(mask, target);
      }
      this.#move(member, target);
    }
  }

  /** A group of mostly idle members leaves them behind. */
  #reform(count: number, listAt: number): void {
    const target = this.#members.createGroup();
    for (let i = 0; i < count; i++) {
      const member = this.#memory.memberLists.words[listAt + i]!;
      if (member !== 0 && this.#memory.memberTail.array[member] !== 0) this.#move(member, target);
    }
  }

  #move(member: number, target: number): void {
    const series = this.#memory.memberSeries.array[member]!;
    this.#members.retire(member);
    this.#members.join(series, target);
  }

  #takePage(): number {
    const memory = this.#memory;
    const state = memory.state.array;
    const free = state[STATE.pageFree]!;
    if (free !== 0) {
      state[STATE.pageFree] = memory.pagePrevious.array[free]!;
      return free;
    }
    const page = state[STATE.pages]!;
    for (const column of [
      memory.pageWindow,
      memory.pageAt,
      memory.pagePrevious,
      memory.pageTicks,
      memory.pageMembers,
      memory.pageMinTime,
      memory.pageMaxTime,
    ])
      column.ensure(page + 1);
    state[STATE.pages] = page + 1;
    return page;
  }
}

function writeWord(out: Uint8Array, at: number, word: number): number {
  out[at] = word;
  out[at + 1] = word >>> 8;
  out[at + 2] = word >>> 16;
  out[at + 3] = word >>> 24;
  return at + 4;
}

/** Number of set bits. */
function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
