import type { Labels } from '@binnacle/model';
import { ByteReader } from '../codec/bytes.ts';
import { decodeHistogram } from '../codec/histogramCodec.ts';
import { decodeValues } from '../codec/valueCodec.ts';
import type { SelectRange, SourceSelection, StoredBuffer } from '../db/series.ts';
import { GroupSnapshot, partOf, type WindowBytes } from './groupSnapshot.ts';
import { PAGE_TICKS, type HeadMemory } from './headMemory.ts';
import { PART_HISTOGRAMS, PART_SPARSE } from './sealing.ts';
import { applySides, readSides, type SideEntry } from './sideEntries.ts';

const NO_TAIL = 0xffffffff;

/**
 * Head series as they stood when the selection was made. The open tails are copied then; everything else that is
 * read later never changes. Made under the shared lock.
 */
export class HeadSelection implements SourceSelection {
  readonly length: number;
  readonly #memory: HeadMemory;
  readonly #windows: WindowBytes;
  readonly #range: SelectRange;
  readonly #labels: (Labels | undefined)[];
  #labelsOf!: (place: number) => Labels;
  /** By index in label order: the place in `series`. */
  #order!: Uint32Array;
  /** Ids of the series, in the order of capture: the place of one is the index here. */
  readonly series: Uint32Array;
  readonly #hashes: Uint32Array;
  readonly #groups: GroupSnapshot[] = [];
  readonly #sides = new Map<number, readonly SideEntry[]>();
  /** By series: its first segment; by segment: group, index in the group, place of the copied tail, presence. */
  readonly #firstSegment: Uint32Array;
  #segments: Uint32Array;
  #segmentCount = 0;
  /** Words of the open samples inside the range. */
  readonly #tails: Uint32Array;
  #ticks = new Uint32Array(1024);

  constructor(
    memory: HeadMemory,
    windows: WindowBytes,
    series: Uint32Array,
    range: SelectRange,
    withSides: boolean,
  ) {
    this.#memory = memory;
    this.#windows = windows;
    this.#range = range;
    this.series = series;
    this.length = series.length;
    this.#labels = Array.from({ length: series.length });
    this.#hashes = Uint32Array.from(series, (id) => memory.table.hashOf(id));
    this.#firstSegment = new Uint32Array(series.length + 1);
    this.#segments = new Uint32Array(series.length * SEGMENT_WORDS);
    const known = new Map<number, number>();
    let tailWords = 0;
    for (let i = 0; i < series.length; i++) {
      this.#firstSegment[i] = this.#segmentCount;
      tailWords += this.#capture(series[i]!, known);
      if (withSides && memory.seriesSide.array[series[i]!] !== 0) {
        this.#sides.set(i, readSides(memory, windows, series[i]!, range));
      }
    }
    this.#firstSegment[series.length] = this.#segmentCount;
    this.#tails = new Uint32Array(tailWords);
    this.#copyTails();
  }

  /** Says in which order the series come, and where their labels are; nothing is read before. */
  arrange(order: Uint32Array, labelsOf: (place: number) => Labels): void {
    this.#order = order;
    this.#labelsOf = labelsOf;
  }

  hash(index: number): number {
    return this.#hashes[this.#order[index]!]!;
  }

  /** Decoded when first asked for. */
  labels(index: number): Labels {
    return (this.#labels[index] ??= this.#labelsOf(this.#order[index]!));
  }

  /** Decodes every label set now. */
  keepLabels(): void {
    for (let i = 0; i < this.length; i++) this.labels(i);
  }

  read(index: number, out: StoredBuffer): void {
    out.length = 0;
    out.histograms = undefined;
    out.startTimestamps = undefined;
    const place = this.#order[index]!;
    const first = this.#firstSegment[place]!;
    const end = this.#firstSegment[place + 1]!;
    let capacity = 0;
    for (let s = first; s < end; s++)
      capacity += this.#groups[this.#segments[s * SEGMENT_WORDS]!]!.times.length;
    if (out.values.length < capacity) out.values = new Float64Array(capacity + PAGE_TICKS);
    if (this.#ticks.length < capacity) this.#ticks = new Uint32Array(2 * capacity);
    const words = new Uint32Array(out.values.buffer, out.values.byteOffset, 2 * out.values.length);
    let times: Float64Array | undefined;
    for (let s = first; s < end; s++) {
      const at = s * SEGMENT_WORDS;
      const group = this.#groups[this.#segments[at]!]!;
      const from = out.length;
      this.#readSegment(at, group, out, words);
      this.#trim(group, out, from);
      const size = out.length - from;
      if (end - first === 1) {
        out.timestamps = this.#timesOf(group, size);
        continue;
      }
      times ??= new Float64Array(capacity);
      for (let i = 0; i < size; i++) times[from + i] = group.times[this.#ticks[i]!]!;
    }
    if (times !== undefined) out.timestamps = times;
    const sides = this.#sides.get(place);
    if (sides !== undefined) applySides(sides, out, this.#range);
  }

  endsInRange(index: number): boolean {
    const place = this.#order[index]!;
    const last = this.#firstSegment[place + 1]! - 1;
    if (last < this.#firstSegment[place]! || this.#sides.has(place)) return false;
    const group = this.#groups[this.#segments[last * SEGMENT_WORDS]!]!;
    const tick = this.#newestTick(last * SEGMENT_WORDS, group);
    return tick >= group.from && tick < group.to;
  }

  /** The tick of a segment's newest sample, -1 when it has none. */
  #newestTick(at: number, group: GroupSnapshot): number {
    let tick = group.times.length - group.openTicks;
    const present = this.#segments[at + 3]!;
    if (present !== 0) return tick + 31 - Math.clz32(present);
    for (const page of group.pages.toReversed()) {
      tick -= page.ticks;
      const part = partOf(page, this.#segments[at + 1]!);
      if (part < 0) continue;
      const isSparse = (page.bytes[part]! & PART_SPARSE) !== 0;
      return tick + (isSparse ? 31 - Math.clz32(readWord(page.bytes, part + 1)) : page.ticks - 1);
    }
    return -1;
  }

  /** Notes a series' segments with their tails where they are in memory; returns how many words of those to copy. */
  #capture(series: number, known: Map<number, number>): number {
    const memory = this.#memory;
    let tailWords = 0;
    const chain: number[] = [];
    for (let m = memory.seriesMember.array[series]!; m !== 0; m = memory.memberPrevious.array[m]!)
      chain.push(m);
    for (let c = chain.length - 1; c >= 0; c--) {
      const member = chain[c]!;
      const group = memory.memberGroup.array[member]!;
      let snapshot = known.get(group);
      if (snapshot === undefined) {
        snapshot = this.#groups.length;
        const { minMs, maxMs } = this.#range;
        this.#groups.push(new GroupSnapshot(memory, this.#windows, group, minMs, maxMs));
        known.set(group, snapshot);
      }
      const { openTicks, openFrom, openTo, times } = this.#groups[snapshot]!;
      if (times.length === 0) continue;
      const tail = memory.memberTail.array[member]!;
      const present = tail === 0 || openTicks === 0 ? 0 : memory.memberPresent.array[member]!;
      const isRead = present !== 0 && openTo > openFrom;
      const at = this.#segmentCount++ * SEGMENT_WORDS;
      if (at + SEGMENT_WORDS > this.#segments.length) this.#segments = grown(this.#segments);
      this.#segments[at] = snapshot;
      this.#segments[at + 1] = memory.memberIndex.array[member]!;
      this.#segments[at + 2] = isRead ? tail : NO_TAIL;
      this.#segments[at + 3] = present;
      this.#segments[at + 4] = memory.memberHistograms.array[member]!;
      if (isRead) tailWords += 2 * (openTo - openFrom);
    }
    return tailWords;
  }

  /** Copies the open samples inside the range, by words, which keeps the bits of every float. */
  #copyTails(): void {
    const { array } = this.#memory.tails;
    const words = new Uint32Array(array.buffer, 0, 2 * array.length);
    const segments = this.#segments;
    const tails = this.#tails;
    let count = 0;
    for (let at = 0, end = this.#segmentCount * SEGMENT_WORDS; at < end; at += SEGMENT_WORDS) {
      const tail = segments[at + 2]!;
      if (tail === NO_TAIL) continue;
      const { openFrom, openTo } = this.#groups[segments[at]!]!;
      segments[at + 2] = count;
      const first = 2 * PAGE_TICKS * tail;
      for (let i = first + 2 * openFrom, last = first + 2 * openTo; i < last; i++) tails[count++] = words[i]!;
    }
  }

  /** Decodes a segment's samples behind those that `out` has; their ticks go to `#ticks` from 0 on. */
  #readSegment(at: number, group: GroupSnapshot, out: StoredBuffer, words: Uint32Array): void {
    const base = out.length;
    const ticks = this.#ticks;
    const index = this.#segments[at + 1]!;
    let tick = 0;
    let count = 0;
    for (const page of group.pages) {
      let part = partOf(page, index);
      if (part < 0) {
        tick += page.ticks;
        continue;
      }
      const { bytes } = page;
      const flags = bytes[part++]!;
      const before = count;
      if ((flags & PART_SPARSE) === 0) for (let i = 0; i < page.ticks; i++) ticks[count++] = tick + i;
      else {
        for (let rest = readWord(bytes, part); rest !== 0; rest &= rest - 1) {
          ticks[count++] = tick + 31 - Math.clz32(rest & -rest);
        }
        part += 4;
      }
      let histograms = 0;
      if ((flags & PART_HISTOGRAMS) !== 0) {
        histograms = readWord(bytes, part);
        part += 4;
      }
      decodeValues(bytes, part, count - before, out.values, words, base + before);
      if (histograms !== 0) {
        for (let i = before; i < count; i++) {
          if ((histograms & (1 << (ticks[i]! - tick))) !== 0) this.#putHistogram(out, base + i, bytes);
        }
      }
      tick += page.ticks;
    }
    const tail = this.#segments[at + 2]!;
    const present = this.#segments[at + 3]!;
    if (tail !== NO_TAIL) {
      const histograms = this.#segments[at + 4]!;
      for (let slot = group.openFrom, from = tail; slot < group.openTo; slot++, from += 2) {
        if ((present & (1 << slot)) === 0) continue;
        words[2 * (base + count)] = this.#tails[from]!;
        words[2 * (base + count) + 1] = this.#tails[from + 1]!;
        if ((histograms & (1 << slot)) !== 0) this.#putHistogram(out, base + count, group.openBytes!);
        ticks[count++] = tick + slot;
      }
    }
    out.length = base + count;
  }

  #putHistogram(out: StoredBuffer, index: number, bytes: Uint8Array): void {
    out.histograms ??= [];
    out.histograms[index] = decodeHistogram(new ByteReader(bytes, out.values[index]!));
  }

  /** Takes the ticks outside the range away from the samples that begin at `base`. */
  #trim(group: GroupSnapshot, out: StoredBuffer, base: number): void {
    const ticks = this.#ticks;
    let count = out.length - base;
    while (count > 0 && ticks[count - 1]! >= group.to) count--;
    let skip = 0;
    while (skip < count && ticks[skip]! < group.from) skip++;
    if (skip > 0) {
      out.values.copyWithin(base, base + skip, base + count);
      ticks.copyWithin(0, skip, count);
      if (out.histograms !== undefined) out.histograms.splice(base, skip);
    }
    out.length = base + count - skip;
    if (out.histograms !== undefined) out.histograms.length = out.length;
  }

  #timesOf(group: GroupSnapshot, count: number): Float64Array {
    const ticks = this.#ticks;
    if (count === 0) return group.times;
    if (ticks[0]! + count - 1 === ticks[count - 1]) return group.timesFrom(ticks[0]!);
    const times = new Float64Array(count);
    for (let i = 0; i < count; i++) times[i] = group.times[ticks[i]!]!;
    return times;
  }
}

const SEGMENT_WORDS = 5;

function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

function grown(array: Uint32Array): Uint32Array {
  const larger = new Uint32Array(2 * array.length + 64);
  larger.set(array);
  return larger;
}
