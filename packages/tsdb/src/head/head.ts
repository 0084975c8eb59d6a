import type { Labels } from '@binnacle/model';
import { type Matcher } from '@binnacle/model';
import type { StoredHistogram } from '../codec/histogramCodec.ts';
import { createStoredBuffer, type SelectRange, type Source, type SourceSelection } from '../db/series.ts';
import { TsdbError } from '../errors.ts';
import { Appender } from './appender.ts';
import type { HeadIndex } from './headIndex.ts';
import { CLOCK, HeadMemory, STATE } from './headMemory.ts';
import { HeadReader } from './headReader.ts';
import { Members } from './members.ts';
import { Sealing } from './sealing.ts';
import type { SampleColumns } from './sampleBatch.ts';
import { REF_SPAN } from './seriesRef.ts';
import { SharedLock } from './sharedLock.ts';
import { SIDE, SideLog } from './sideLog.ts';
import { sweepHead } from './sweep.ts';
import { Windows, type SharedWindow } from './windows.ts';

export interface HeadOptions {
  readonly maxSeries: number;
  /** Length of a block range: the head's samples are cut into blocks of it. */
  readonly rangeMs: number;
  readonly outOfOrderWindowMs: number;
}

/** What a reader in another thread needs to see the head; survives postMessage. */
export interface HeadHandle {
  readonly maxSeries: number;
  readonly rangeMs: number;
  readonly buffers: Readonly<Record<string, SharedArrayBuffer>>;
  readonly lock: Int32Array;
  readonly windows: readonly SharedWindow[];
}

/**
 * The newest samples, in shared memory: one writer (this class), readers here and in other threads. Everything that
 * changes the memory runs under the shared lock.
 */
export class Head implements Source {
  readonly memory: HeadMemory;
  readonly lock = SharedLock.create();
  readonly #options: HeadOptions;
  readonly #windows: Windows;
  readonly #members: Members;
  readonly #sealing: Sealing;
  readonly #sides: SideLog;
  readonly #appender: Appender;
  readonly #reader: HeadReader;
  /** Part of new references; moves on whenever series are freed. */
  epoch = 0;

  constructor(options: HeadOptions) {
    this.#options = options;
    this.memory = new HeadMemory(options.maxSeries);
    this.#windows = new Windows(options.rangeMs);
    this.#members = new Members(this.memory);
    this.#sealing = new Sealing(this.memory, this.#members, this.#windows);
    this.#sides = new SideLog(this.memory);
    this.#reader = new HeadReader(this.memory, this.#windows, true);
    this.#appender = new Appender(
      this.memory,
      this.#members,
      this.#sealing,
      this.#windows,
      this.#sides,
      options.rangeMs,
      (series, timeMs, low, high, histogram) => this.#isStored(series, timeMs, low, high, histogram),
    );
    this.#appender.outOfOrderWindowMs = options.outOfOrderWindowMs;
  }

  get minTime(): number {
    return this.memory.clock.array[CLOCK.minTime]!;
  }

  get maxTime(): number {
    return this.memory.clock.array[CLOCK.maxTime]!;
  }

  get seriesCount(): number {
    return this.memory.table.live;
  }

  get sizeBytes(): number {
    return this.#windows.sizeBytes;
  }

  get index(): HeadIndex {
    return this.#reader.index;
  }

  /** Nothing in order before this time is taken. */
  get minValidTime(): number {
    return this.#appender.minValidTime;
  }

  set minValidTime(timeMs: number) {
    this.#appender.minValidTime = timeMs;
  }

  /** The reference of a label set, undefined when the head does not have it. */
  find(labels: Labels): number | undefined {
    const series = this.memory.table.find(labels);
    return series === 0 ? undefined : this.refOf(series);
  }

  refOf(series: number): number {
    return this.memory.seriesEpoch.array[series]! * REF_SPAN + series;
  }

  /** The series of a reference, 0 when it means none any more. */
  seriesOf(ref: number): number {
    const series = ref % REF_SPAN;
    const isLive =
      this.memory.table.isLive(series) &&
      this.memory.seriesEpoch.array[series] === Math.floor(ref / REF_SPAN);
    return isLive ? series : 0;
  }

  /** Adds a series that is not there. `ref` gives it a known reference (replay). Throws TSDB_LIMIT. */
  create(labels: Labels, ref?: number): number {
    const { memory } = this;
    if (memory.table.live >= this.#options.maxSeries - 1) {
      throw new TsdbError(
        'TSDB_LIMIT',
        `expected at most ${this.#options.maxSeries - 1} series in the head, found one more; raise maxSeries or find what creates so many series`,
      );
    }
    return this.lock.write(() => {
      const series = memory.table.add(labels, ref === undefined ? undefined : ref % REF_SPAN);
      for (const column of [
        memory.seriesEpoch,
        memory.seriesMember,
        memory.seriesSide,
        memory.seriesLastTime,
      ])
        column.ensure(series + 1);
      memory.seriesEpoch.array[series] = ref === undefined ? this.epoch : Math.floor(ref / REF_SPAN);
      memory.seriesMember.array[series] = 0;
      memory.seriesSide.array[series] = 0;
      memory.seriesLastTime.array[series] = -Infinity;
      return this.refOf(series);
    });
  }

  /** Applies a batch; readers see all of it or nothing. Returns how many samples were stored. */
  apply(batch: SampleColumns, statuses: Uint8Array): number {
    return this.lock.write(() => this.#appender.apply(batch, statuses));
  }

  /** Runs the steps that put back, by `apply`, what the log says was stored, whatever the rules would say of it today. */
  *replay<Step, Result>(work: Iterator<Step, Result>): Generator<Step, Result, undefined> {
    this.#appender.isReplaying = true;
    try {
      for (;;) {
        const step = work.next();
        if (step.done === true) return step.value;
        yield step.value;
      }
    } finally {
      this.#appender.isReplaying = false;
    }
  }

  /** Notes the time of a sample that was stored once and need not be applied: it is in a block. */
  noteTime(timeMs: number): void {
    const clock = this.memory.clock.array;
    clock[CLOCK.maxTime] = Math.max(clock[CLOCK.maxTime]!, timeMs);
  }

  /** Hides a range of a series' samples that are there now. */
  delete(series: number, fromMs: number, toMs: number): void {
    this.lock.write(() => this.#sides.addNumber(series, SIDE.tombstone, fromMs, toMs));
  }

  /** Ids of the series whose labels match. */
  matching(matchers: readonly Matcher[]): Uint32Array {
    return this.#reader.matching(matchers);
  }

  select(matchers: readonly Matcher[], range: SelectRange): SourceSelection {
    return this.#reader.select(matchers, range);
  }

  /** Every live series inside a range of time. */
  selectAll(range: SelectRange): SourceSelection {
    return this.#reader.selectIds(this.index.allSeries(), range);
  }

  /** Names of the labels in use, in no order. */
  labelNames(): string[] {
    const { pairs } = this.memory.table;
    return Array.from(pairs.names(), (name) => pairs.symbols.text(name));
  }

  /** The time of the newest sample of a series, -Infinity for none. */
  lastTimeOf(series: number): number {
    return Math.max(this.#appender.lastTimeOf(series), this.#sides.newestTime(series));
  }

  /** Seals every open page whose block range ends at or before a time. */
  sealBefore(timeMs: number): void {
    this.lock.write(() => {
      const { memory } = this;
      for (let group = 1; group < memory.state.array[STATE.groups]!; group++) {
        if (!this.#members.isFreed(group) && memory.groupWindowEnd.array[group]! <= timeMs)
          this.#sealing.seal(group);
      }
    });
  }

  /**
   * What a block of everything before a time (a boundary of block ranges) has to hold. Until `truncate`, samples
   * out of order that come in before that time are set aside for the next block.
   */
  beginCut(timeMs: number): SourceSelection {
    this.sealBefore(timeMs);
    this.#sides.beginCut(timeMs);
    return this.selectAll({ minMs: -Infinity, maxMs: timeMs - 1 });
  }

  /** Gives a cut up. */
  abandonCut(): void {
    this.#sides.endCut();
  }

  /** Drops the samples before a time (a boundary of block ranges) and the series that then have none. */
  truncate(timeMs: number): number {
    this.sealBefore(timeMs);
    this.#reader.settleLabels();
    return this.lock.write(() => {
      const { memory } = this;
      const freed = sweepHead(memory, this.#members, this.#sides, timeMs);
      this.#sides.endCut();
      this.#windows.dropBefore(timeMs);
      if (freed > 0) this.epoch++;
      this.minValidTime = Math.max(this.minValidTime, timeMs);
      const clock = memory.clock.array;
      if (clock[CLOCK.minTime]! < timeMs) clock[CLOCK.minTime] = Math.min(timeMs, clock[CLOCK.maxTime]!);
      return freed;
    });
  }

  shareHandle(): HeadHandle {
    this.lock.attach();
    return {
      maxSeries: this.#options.maxSeries,
      rangeMs: this.#options.rangeMs,
      buffers: this.memory.columns.buffers(),
      lock: this.lock.buffer,
      windows: this.#windows.shared(),
    };
  }

  #isStored(
    series: number,
    timeMs: number,
    low: number,
    high: number,
    histogram: StoredHistogram | undefined,
  ): boolean {
    const out = createStoredBuffer();
    const range = { minMs: timeMs, maxMs: timeMs };
    const selection = this.#reader.selectIds(Uint32Array.of(series), range, false);
    selection.read(0, out);
    if (out.length === 0) return false;
    const stored = out.histograms?.[0];
    if (histogram !== undefined || stored !== undefined)
      return JSON.stringify(stored) === JSON.stringify(histogram);
    const words = new Uint32Array(out.values.buffer, out.values.byteOffset, 2);
    return words[0] === low && words[1] === high;
  }
}
