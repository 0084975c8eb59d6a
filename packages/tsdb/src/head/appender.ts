import { encodeHistogram, type StoredHistogram } from '../codec/histogramCodec.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { orderByTime } from './batchOrder.ts';
import { Grouping } from './grouping.ts';
import { CLOCK, PAGE_TICKS, type HeadMemory } from './headMemory.ts';
import type { Members } from './members.ts';
import type { SampleColumns } from './sampleBatch.ts';
import { SAMPLE_STATUS, type SampleStatus } from './sampleStatus.ts';
import type { Sealing } from './sealing.ts';
import { REF_SPAN } from './seriesRef.ts';
import { SIDE, type SideLog } from './sideLog.ts';
import type { Windows } from './windows.ts';

/** True when a series has exactly this sample. */
export type IsStored = (
  series: number,
  timeMs: number,
  low: number,
  high: number,
  histogram: StoredHistogram | undefined,
) => boolean;

/** Puts samples into the head by Prometheus's rules. Writer only. */
export class Appender {
  readonly #memory: HeadMemory;
  readonly #members: Members;
  readonly #sealing: Sealing;
  readonly #windows: Windows;
  readonly #sides: SideLog;
  readonly #rangeMs: number;
  readonly #isStored: IsStored;
  readonly #grouping: Grouping;
  readonly #scratch = new ByteWriter();
  /** Nothing in order before this time is taken: what is before it is in blocks. */
  minValidTime = -Infinity;
  outOfOrderWindowMs = 0;
  /** True when the sample at hand went in out of order. */
  #isLate = false;
  /** True while the log is replayed: what it says was stored is not judged again by what is known now. */
  isReplaying = false;

  constructor(
    memory: HeadMemory,
    members: Members,
    sealing: Sealing,
    windows: Windows,
    sides: SideLog,
    rangeMs: number,
    isStored: IsStored,
  ) {
    this.#memory = memory;
    this.#members = members;
    this.#sealing = sealing;
    this.#grouping = new Grouping(memory, members, sealing);
    this.#windows = windows;
    this.#sides = sides;
    this.#rangeMs = rangeMs;
    this.#isStored = isStored;
  }

  /** Applies a batch; `statuses[i]` says what became of sample i. Returns how many samples are now stored. */
  apply(batch: SampleColumns, statuses: Uint8Array): number {
    const memory = this.#memory;
    const { refs, times, words, length } = batch;
    if (length === 0) return 0;
    this.#grouping.beginBatch();
    const clock = memory.clock.array;
    if (clock[CLOCK.maxTime] === -Infinity && !this.isReplaying) clock[CLOCK.maxTime] = times[0]!;
    const headMaxTime = clock[CLOCK.maxTime]!;
    const minValid = Math.max(this.minValidTime, headMaxTime - this.#rangeMs / 2);
    const hasHistograms = batch.histograms.size > 0;
    const { starts } = batch;
    const tracksStarts = starts !== undefined || this.#sides.hasStarts;
    this.#isLate = false;
    let maxTime = headMaxTime;
    let minTime = clock[CLOCK.minTime]!;
    let accepted = 0;
    const order = orderByTime(batch);
    for (let n = 0; n < length; n++) {
      const i = order === undefined ? n : order[n]!;
      const time = times[i]!;
      const histogram = hasHistograms ? batch.histograms.get(i) : undefined;
      const status = this.#append(
        refs[i]!,
        time,
        words[2 * i]!,
        words[2 * i + 1]!,
        minValid,
        headMaxTime,
        histogram,
      );
      statuses[i] = status;
      if (status !== SAMPLE_STATUS.accepted) continue;
      accepted++;
      if (time > maxTime) maxTime = time;
      if (time < minTime) minTime = time;
      if (tracksStarts) this.#noteStart(refs[i]! % REF_SPAN, time, starts === undefined ? 0 : starts[i]!);
    }
    clock[CLOCK.maxTime] = maxTime;
    clock[CLOCK.minTime] = minTime;
    return accepted;
  }

  /** The time of the newest sample in order of a series, -Infinity for none. */
  lastTimeOf(series: number): number {
    return this.#lastTime(series, this.#memory.seriesMember.array[series]!);
  }

  #append(
    ref: number,
    time: number,
    low: number,
    high: number,
    minValid: number,
    headMaxTime: number,
    histogram: StoredHistogram | undefined,
  ): SampleStatus {
    const memory = this.#memory;
    const series = ref <= 0x7fffffff ? ref & (REF_SPAN - 1) : ref % REF_SPAN;
    const epoch = ref <= 0x7fffffff ? ref >>> 25 : Math.floor(ref / REF_SPAN);
    if (memory.seriesEpoch.array[series] !== epoch || !memory.table.isLive(series))
      return SAMPLE_STATUS.unknownSeries;
    let member = memory.seriesMember.array[series]!;
    let group = member === 0 ? 0 : memory.memberGroup.array[member]!;
    if (time >= minValid) {
      if (member === 0) {
        member = this.#grouping.join(series, time);
        group = memory.memberGroup.array[member]!;
      } else if (memory.memberTail.array[member] === 0) {
        // Idle: nothing of the series is in the open page.
        const last = memory.seriesLastTime.array[series]!;
        if (time <= last) return this.#late(series, time, low, high, minValid, headMaxTime, histogram, last);
        if (memory.groupLive.array[group]! > 0 && time >= memory.groupLastTime.array[group]!)
          this.#members.giveTail(member);
        else {
          member = this.#grouping.join(series, time);
          group = memory.memberGroup.array[member]!;
        }
      }
      const newest = memory.groupLastTime.array[group]!;
      if (time > newest) {
        const gathered = this.#grouping.gather(series, group, time);
        if (gathered === 0) this.#sealing.openTick(group, time);
        else {
          member = gathered;
          group = memory.memberGroup.array[member]!;
        }
      } else if (time < newest || memory.groupTicks.array[group] === 0) {
        const last = this.#lastTime(series, member);
        if (time <= last) return this.#late(series, time, low, high, minValid, headMaxTime, histogram, last);
        const slot = this.#tickAt(group, time);
        if (slot >= 0) {
          this.#write(member, slot, time, low, high, histogram);
          return SAMPLE_STATUS.accepted;
        }
        memory.seriesLastTime.array[series] = last;
        member = this.#grouping.join(series, time);
        group = memory.memberGroup.array[member]!;
        if (time > memory.groupLastTime.array[group]!) this.#sealing.openTick(group, time);
      }
      this.#grouping.note(group, time);
      // Sealing may have moved the series to another group, which then has no tick yet.
      if (memory.seriesMember.array[series] !== member) {
        return this.#append(ref, time, low, high, minValid, headMaxTime, histogram);
      }
      // Or it has found the series idle in the page before.
      if (memory.memberTail.array[member] === 0) this.#members.giveTail(member);
      const slot = memory.groupTicks.array[group]! - 1;
      if ((memory.memberPresent.array[member]! & (1 << slot)) !== 0) {
        return this.#late(series, time, low, high, minValid, headMaxTime, histogram, time);
      }
      this.#write(member, slot, time, low, high, histogram);
      return SAMPLE_STATUS.accepted;
    }
    return this.#late(
      series,
      time,
      low,
      high,
      minValid,
      headMaxTime,
      histogram,
      this.#lastTime(series, member),
    );
  }

  /** A sample that is not newer than its series: a repetition, out of order, or refused. */
  #late(
    series: number,
    time: number,
    low: number,
    high: number,
    minValid: number,
    headMaxTime: number,
    histogram: StoredHistogram | undefined,
    last: number,
  ): SampleStatus {
    if (time >= minValid && time === last) {
      const isSame = this.#isStored(series, time, low, high, histogram);
      return isSame ? SAMPLE_STATUS.duplicate : SAMPLE_STATUS.duplicateOfOtherValue;
    }
    const windowMs = this.isReplaying ? Infinity : this.outOfOrderWindowMs;
    if (windowMs > 0) {
      if (time < headMaxTime - windowMs) return SAMPLE_STATUS.tooOld;
      if (histogram === undefined) this.#sides.add(series, SIDE.float, time, low, high);
      else this.#sides.addNumber(series, SIDE.histogram, time, this.#store(time, histogram));
      this.#isLate = true;
      return SAMPLE_STATUS.accepted;
    }
    return time < minValid ? SAMPLE_STATUS.outOfBounds : SAMPLE_STATUS.outOfOrder;
  }

  #write(
    member: number,
    slot: number,
    time: number,
    low: number,
    high: number,
    histogram: StoredHistogram | undefined,
  ): void {
    const memory = this.#memory;
    const at = PAGE_TICKS * memory.memberTail.array[member]! + slot;
    const bit = 1 << slot;
    if (histogram === undefined) {
      const words = this.#members.tailWords;
      words[2 * at] = low;
      words[2 * at + 1] = high;
    } else {
      memory.tails.array[at] = this.#store(time, histogram);
      memory.memberHistograms.array[member]! |= bit;
    }
    memory.memberPresent.array[member]! |= bit;
  }

  #store(time: number, histogram: StoredHistogram): number {
    this.#scratch.clear();
    encodeHistogram(this.#scratch, histogram);
    return this.#windows.store(this.#windows.at(time), this.#scratch.bytes, this.#scratch.length);
  }

  #noteStart(series: number, time: number, start: number): void {
    if (!this.#isLate) return this.#sides.noteStart(series, time, start);
    this.#isLate = false;
    if (start !== 0) this.#sides.addNumber(series, SIDE.lateStart, time, start);
  }

  /** The time of the newest sample in order of a series, -Infinity for none. */
  #lastTime(series: number, member: number): number {
    const memory = this.#memory;
    if (member !== 0 && memory.memberTail.array[member] !== 0) {
      const present = memory.memberPresent.array[member]!;
      if (present !== 0) {
        const group = memory.memberGroup.array[member]!;
        return memory.groupTimes.array[group * PAGE_TICKS + 31 - Math.clz32(present)]!;
      }
    }
    return memory.seriesLastTime.array[series]!;
  }

  /** The slot of a time in a group's open page, -1 when it is not there. */
  #tickAt(group: number, time: number): number {
    const memory = this.#memory;
    for (let slot = memory.groupTicks.array[group]! - 1; slot >= 0; slot--) {
      const tick = memory.groupTimes.array[group * PAGE_TICKS + slot]!;
      if (tick === time) return slot;
      if (tick < time) return -1;
    }
    return -1;
  }
}
