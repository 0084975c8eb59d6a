import { STATE, type HeadMemory } from './headMemory.ts';

/** What a side entry is. `time` and `value` mean, in this order: */
export const SIDE = {
  /** A sample out of order: its time and its bits. */
  float: 1,
  /** A histogram out of order: its time and where it lies in its window. */
  histogram: 2,
  /** A deleted range: from and to, both included. */
  tombstone: 3,
  /** From this time on, samples in order have this start timestamp. */
  start: 4,
  /** The sample out of order of this time, which is the entry before this one, has this start timestamp. */
  lateStart: 5,
} as const;

export type SideKind = (typeof SIDE)[keyof typeof SIDE];

/**
 * What few series have and few samples need: samples out of order, deletions, start timestamps. One chain for each
 * series, the newest entry first.
 */
export class SideLog {
  readonly #memory: HeadMemory;
  /** While a block is being cut: samples before its end that came too late to be in it. */
  readonly #kept = new Set<number>();
  #cutMs = -Infinity;
  /** False until a sample comes with a start timestamp: then nothing has to be remembered of any. */
  hasStarts = false;

  constructor(memory: HeadMemory) {
    this.#memory = memory;
  }

  /** From now on samples before a time stay through the next truncation: the block that is cut lacks them. */
  beginCut(timeMs: number): void {
    this.#kept.clear();
    this.#cutMs = timeMs;
  }

  endCut(): void {
    this.#kept.clear();
    this.#cutMs = -Infinity;
  }

  isKept(entry: number): boolean {
    return this.#kept.has(entry);
  }

  /** Adds an entry. The value is given by its two words, as it may be a NaN with a meaning. */
  add(series: number, kind: SideKind, time: number, low: number, high: number): number {
    const memory = this.#memory;
    const state = memory.state.array;
    let entry = state[STATE.sideFree]!;
    if (entry === 0) {
      entry = state[STATE.sides]!;
      memory.sideKind.ensure(entry + 1);
      memory.sidePrevious.ensure(entry + 1);
      memory.sideTime.ensure(entry + 1);
      memory.sideValue.ensure(entry + 1);
      state[STATE.sides] = entry + 1;
    } else state[STATE.sideFree] = memory.sidePrevious.array[entry]!;
    memory.sideKind.array[entry] = kind;
    memory.sideTime.array[entry] = time;
    const words = new Uint32Array(memory.sideValue.buffer, 8 * entry, 2);
    words[0] = low;
    words[1] = high;
    memory.sidePrevious.array[entry] = memory.seriesSide.array[series]!;
    memory.seriesSide.array[series] = entry;
    if (time < this.#cutMs) this.#kept.add(entry);
    return entry;
  }

  addNumber(series: number, kind: SideKind, time: number, value: number): void {
    const entry = this.add(series, kind, time, 0, 0);
    this.#memory.sideValue.array[entry] = value;
  }

  /** Notes the start timestamp, 0 for unknown, of a sample in order: an entry only where it is another one. */
  noteStart(series: number, time: number, startMs: number): void {
    const { seriesStart } = this.#memory;
    this.hasStarts = true;
    seriesStart.ensure(series + 1);
    if (seriesStart.array[series] === startMs) return;
    seriesStart.array[series] = startMs;
    this.addNumber(series, SIDE.start, time, startMs);
  }

  /** The newest time of a sample out of order, -Infinity for none. */
  newestTime(series: number): number {
    const memory = this.#memory;
    let newest = -Infinity;
    for (let e = memory.seriesSide.array[series]!; e !== 0; e = memory.sidePrevious.array[e]!) {
      if (memory.sideKind.array[e]! <= SIDE.histogram) newest = Math.max(newest, memory.sideTime.array[e]!);
    }
    return newest;
  }

  /** Frees what no time from `minTime` on needs. The last start timestamp stays: it holds for later samples. */
  truncate(series: number, minTime: number): void {
    const memory = this.#memory;
    let hasStart = false;
    let kept = 0;
    let first = 0;
    for (let e = memory.seriesSide.array[series]!; e !== 0;) {
      const previous = memory.sidePrevious.array[e]!;
      const kind = memory.sideKind.array[e]!;
      const lastTime = kind === SIDE.tombstone ? memory.sideValue.array[e]! : memory.sideTime.array[e]!;
      if (lastTime >= minTime || this.#kept.has(e) || (kind === SIDE.start && !hasStart)) {
        if (kept === 0) first = e;
        else memory.sidePrevious.array[kept] = e;
        kept = e;
      } else this.#free(e);
      if (kind === SIDE.start && memory.sideTime.array[e]! < minTime) hasStart = true;
      e = previous;
    }
    if (kept !== 0) memory.sidePrevious.array[kept] = 0;
    memory.seriesSide.array[series] = first;
  }

  /** Frees every entry of a series. */
  clear(series: number): void {
    const memory = this.#memory;
    if (series < memory.seriesStart.array.length) memory.seriesStart.array[series] = 0;
    for (let e = memory.seriesSide.array[series]!; e !== 0;) {
      const previous = memory.sidePrevious.array[e]!;
      this.#free(e);
      e = previous;
    }
    memory.seriesSide.array[series] = 0;
  }

  #free(entry: number): void {
    const state = this.#memory.state.array;
    this.#memory.sidePrevious.array[entry] = state[STATE.sideFree]!;
    state[STATE.sideFree] = entry;
  }
}
