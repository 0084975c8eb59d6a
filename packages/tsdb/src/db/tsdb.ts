import { mkdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Labels, Matcher } from '@binnacle/model';
import type { BlockMeta } from '../block/meta.ts';
import { messageOf, TsdbError } from '../errors.ts';
import { SAMPLE_STATUS } from '../head/appender.ts';
import { Head } from '../head/head.ts';
import { decodeLabelBytes, LabelByteCache } from '../head/labelBytes.ts';
import { selectSeries, ValueSetCache } from '../index/selectSeries.ts';
import type { Deletion, Exemplar, MetricMetadata } from '../wal/records.ts';
import type { ReplayProgress } from '../wal/wal.ts';
import { Batch, type CommitResult } from './batch.ts';
import { BlockSet } from './blockSet.ts';
import { checkLabels } from './checkLabels.ts';
import { ExemplarRing } from './exemplars.ts';
import { FolderLock } from './folderLock.ts';
import { Journal } from './journal.ts';
import {
  applyRetention,
  compactBlocks,
  dueCut,
  mergeBlocks,
  writeBlocks,
  writeSnapshot,
} from './maintenance.ts';
import { MergedSet } from './mergedSet.ts';
import { resolveOptions, type ResolvedOptions, type TsdbOptions } from './options.ts';
import {
  cardinalityOf,
  labelNamesFrom,
  labelValuesFrom,
  selectFrom,
  seriesFrom,
  type Cardinality,
  type QuerySources,
} from './queries.ts';
import type { SelectRange, SeriesSet } from './series.ts';
import type { SharedHandle } from './sharedReader.ts';

/** Figures of a store. Times are milliseconds; infinite where there is nothing. */
export interface TsdbStats {
  readonly headSeries: number;
  readonly headMinTime: number;
  readonly headMaxTime: number;
  /** Nothing in order before this time is taken. */
  readonly minValidTime: number;
  readonly headBytes: number;
  readonly blocks: number;
  readonly blockBytes: number;
  readonly walBytes: number;
  readonly samplesStored: number;
  readonly samplesRefused: number;
  readonly samplesReplayed: number;
}

/** Reads the log of a store that was opened without it. */
export type ReplayLater = (
  onProgress: (progress: ReplayProgress) => void,
  signal?: AbortSignal,
) => Promise<void>;

/** Replay lets other work have its turn after this long. */
const REPLAY_TURN_MS = 20;

/** A block's own description and its size. */
export type BlockInfo = BlockMeta & { readonly sizeBytes: number };

/**
 * A time-series store in one folder: the newest samples in memory behind a write-ahead log, older ones in immutable
 * blocks. docs/tsdb.md has the drawing.
 */
export class Tsdb {
  readonly #options: ResolvedOptions;
  readonly #lock: FolderLock;
  readonly #head: Head;
  readonly #blocks: BlockSet;
  readonly #journal: Journal;
  readonly #exemplars: ExemplarRing;
  readonly #metadata = new Map<string, MetricMetadata>();
  readonly #labelBytes: LabelByteCache;
  readonly #valueSets = new ValueSetCache();
  #work: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isReplayed = false;
  #isClosed = false;
  #stored = 0;
  #refused = 0;

  /**
   * Opens a folder, replaying its log. Throws TSDB_LOCKED when another process has it open and TSDB_OPEN when it
   * cannot be used. What was damaged and cut is told through `onEvent`.
   */
  static open(options: TsdbOptions): Tsdb {
    const store = new Tsdb(resolveOptions(options));
    store.#guarded(() => {
      const steps = store.#replaySteps();
      while (steps.next().done !== true);
    });
    store.#start();
    return store;
  }

  /**
   * As `open`, with the log still to be read: nothing may be stored or asked for until `replay` has resolved. It lets
   * other work have its turn, tells of its progress, and rejects as `open` throws, or with the reason of the signal.
   */
  static openLater(options: TsdbOptions): { readonly store: Tsdb; readonly replay: ReplayLater } {
    const store = new Tsdb(resolveOptions(options));
    const replay: ReplayLater = async (onProgress, signal) => {
      const steps = store.#replaySteps();
      for (let turnEndsAt = 0; ;) {
        const step = store.#guarded(() => steps.next());
        if (step.done === true) break;
        if (performance.now() < turnEndsAt) continue;
        onProgress(step.value);
        await nextTurn();
        signal?.throwIfAborted();
        turnEndsAt = performance.now() + REPLAY_TURN_MS;
      }
      store.#start();
    };
    return { store, replay };
  }

  private constructor(options: ResolvedOptions) {
    const { folder } = options;
    this.#options = options;
    try {
      mkdirSync(folder, { recursive: true });
    } catch (error) {
      throw new TsdbError('TSDB_OPEN', `expected to make ${folder}, found: ${messageOf(error)}`, error);
    }
    this.#lock = new FolderLock(folder);
    try {
      this.#head = new Head({ ...options, rangeMs: options.blockRangeMs });
      this.#labelBytes = new LabelByteCache(this.#head.memory.table, (ref) => this.#head.seriesOf(ref));
      this.#exemplars = new ExemplarRing(options.maxExemplars);
      this.#blocks = new BlockSet(folder, options.cacheBytes, options.onEvent);
      this.#blocks.load();
      this.#journal = new Journal(options, this.#head, this.#exemplars, this.#metadata);
    } catch (error) {
      throw this.#openFailed(error);
    }
  }

  /**
   * The reference of a series, which is made when it is new. References stay valid until the series has had no
   * sample for a few hours; then appending gives `unknownSeries`. Throws TSDB_BAD_LABELS, TSDB_LIMIT and TSDB_WAL_WRITE.
   */
  getOrCreateSeries(labels: Labels): number {
    const known = this.#head.find(labels);
    if (known !== undefined) return known;
    this.#checkOpen();
    checkLabels(labels);
    const ref = this.#head.create(labels);
    this.#journal.define(ref, labels);
    return ref;
  }

  /** As `getOrCreateSeries`, for the label bytes of a remote-write request (see LabelByteCache). */
  getOrCreateSeriesFromBytes(bytes: Uint8Array, start = 0, end = bytes.length): number {
    const known = this.#labelBytes.find(bytes, start, end);
    if (known !== undefined) return known;
    const ref = this.getOrCreateSeries(decodeLabelBytes(bytes, start, end));
    this.#labelBytes.add(bytes, start, end, ref);
    return ref;
  }

  /** The reference of a series that is in the head, undefined when it is not. */
  findSeries(labels: Labels): number | undefined {
    return this.#head.find(labels);
  }

  /** The labels of a series by its reference, undefined when it is not in the head any more. */
  labelsOf(ref: number): Labels | undefined {
    const series = this.#head.seriesOf(ref);
    return series === 0 ? undefined : this.#head.memory.table.labels(series);
  }

  /** Time of the newest sample of a series that is in the head; -Infinity when it has none there. */
  lastTimeOf(ref: number): number {
    const series = this.#head.seriesOf(ref);
    return series === 0 ? -Infinity : this.#head.lastTimeOf(series);
  }

  /** An empty batch. */
  batch(): Batch {
    return new Batch((batch) => this.#commit(batch));
  }

  /** Series for which every matcher holds, with samples of a range, sorted by labels. */
  select(matchers: readonly Matcher[], range: SelectRange, limit?: number): SeriesSet {
    return this.selectStored(matchers, range, limit);
  }

  /** As `select`, with access to histograms as they were stored (for export). */
  selectStored(matchers: readonly Matcher[], range: SelectRange, limit?: number): MergedSet {
    this.#checkOpen();
    return selectFrom(this.#sources(), matchers, range, limit);
  }

  labelNames(matchers: readonly Matcher[], range: SelectRange, limit?: number): string[] {
    this.#checkOpen();
    return labelNamesFrom(this.#sources(), matchers, range, limit);
  }

  labelValues(name: string, matchers: readonly Matcher[], range: SelectRange, limit?: number): string[] {
    this.#checkOpen();
    return labelValuesFrom(this.#sources(), name, matchers, range, limit);
  }

  /** Label sets of the series that match any of the selectors. */
  series(selectors: readonly (readonly Matcher[])[], range: SelectRange, limit?: number): Labels[] {
    this.#checkOpen();
    return seriesFrom(this.#sources(), selectors, range, limit);
  }

  /** Exemplars of series that match any of the selectors, in the order they came in. */
  exemplars(selectors: readonly (readonly Matcher[])[], range: SelectRange): Exemplar[] {
    return [...this.#exemplars.all()].filter(
      ({ seriesLabels, timestampMs }) =>
        timestampMs >= range.minMs &&
        timestampMs <= range.maxMs &&
        selectors.some((matchers) =>
          matchers.every((matcher) => matcher.matches(seriesLabels.get(matcher.name))),
        ),
    );
  }

  /** What is known about metrics, by metric name. */
  get metadata(): ReadonlyMap<string, MetricMetadata> {
    return this.#metadata;
  }

  /** The largest label names, pairs and metrics of the head. */
  cardinality(limit = 10): Cardinality {
    return cardinalityOf(this.#head.index, this.#head.labelNames(), limit);
  }

  stats(): TsdbStats {
    return {
      headSeries: this.#head.seriesCount,
      headMinTime: this.#head.minTime,
      headMaxTime: this.#head.maxTime,
      minValidTime: this.#head.minValidTime,
      headBytes: this.#head.sizeBytes,
      blocks: this.#blocks.list.length,
      blockBytes: this.#blocks.sizeBytes,
      walBytes: this.#journal.sizeBytes,
      samplesStored: this.#stored,
      samplesRefused: this.#refused,
      samplesReplayed: this.#journal.samplesReplayed,
    };
  }

  /** What every block says about itself, by its first time, with its size on disk. */
  blocks(): readonly BlockInfo[] {
    return this.#blocks.list.map(({ meta, sizeBytes }) => ({ ...meta, sizeBytes }));
  }

  /** Hides the samples of a range of the series that match. Blocks drop them when they are merged. */
  delete(matchers: readonly Matcher[], range: SelectRange): Promise<void> {
    return this.#exclusively(async () => {
      const head = this.#head;
      const deletions: Deletion[] = [];
      for (const series of selectSeries(head.index, matchers, this.#valueSets)) {
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

  /** Writes every block with deletions again, without them. */
  cleanTombstones(): Promise<void> {
    return this.#exclusively(async () => {
      for (const block of this.#blocks.list.filter(({ tombstones }) => tombstones.size > 0))
        await mergeBlocks(this.#blocks, [block]);
    });
  }

  /** Cuts blocks from the head that are due, merges blocks, and removes those beyond the retention. */
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

  /**
   * Writes everything in the head to blocks and merges them, whether due or not. For tools: while it runs, samples of
   * the block range of the newest sample are refused as out of bounds.
   */
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

  /** Copies the store, head included, to a new folder that `open` takes. */
  snapshot(target: string): Promise<void> {
    return this.#exclusively(() => writeSnapshot(target, this.#blocks, this.#head));
  }

  /** Takes blocks that were written to the folder beside it (imports). */
  reloadBlocks(): Promise<void> {
    return this.#exclusively(async () => {
      this.#blocks.close();
      this.#blocks.load();
    });
  }

  /** URL of the module whose `openShared` takes a handle, for a worker that knows nothing of this package. */
  readonly openerModule = import.meta.url.replace(/tsdb(\.\w+)$/, 'sharedReader$1');

  /** Something that `postMessage` carries to a worker, for `attachReader`: the data as it stands now. */
  shareHandle(): SharedHandle {
    this.#checkOpen();
    return {
      head: this.#head.shareHandle(),
      headMinTime: this.#head.minTime,
      headMaxTime: this.#head.maxTime,
      blockFolders: this.#blocks.list.map(({ folder }) => folder),
    };
  }

  /** Ends maintenance, forces the log to disk and gives the folder free. The head is replayed at the next open. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    clearInterval(this.#timer);
    await this.#work;
    this.#isClosed = true;
    await this.#journal.close();
    this.#blocks.close();
    this.#lock.release();
  }

  #replaySteps(): Generator<ReplayProgress, void, undefined> {
    return this.#journal.replay(this.#blocks.list.flatMap(({ meta }) => meta.head ?? []));
  }

  /** Does a part of opening; when it fails the folder is free again. */
  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#openFailed(error);
    }
  }

  #openFailed(error: unknown): TsdbError {
    this.#lock.release();
    if (error instanceof TsdbError) return error;
    const message = `expected to open ${this.#options.folder}, found: ${messageOf(error)}`;
    return new TsdbError('TSDB_OPEN', message, error);
  }

  /** The log has been read. */
  #start(): void {
    this.#isReplayed = true;
    if (this.#options.maintenanceIntervalMs > 0) this.#scheduleMaintenance();
  }

  #commit(batch: Batch): CommitResult {
    this.#checkOpen();
    const { samples, exemplars, metadata } = batch;
    const statuses = new Uint8Array(samples.length);
    let maxTime = -Infinity;
    for (let i = 0; i < samples.length; i++) if (samples.times[i]! > maxTime) maxTime = samples.times[i]!;
    this.#journal.logBatch(batch, maxTime);
    const stored = this.#head.apply(samples, statuses);
    const refused: number[] = [];
    if (stored < samples.length) {
      for (let i = 0; i < statuses.length; i++) if (statuses[i]! > SAMPLE_STATUS.duplicate) refused.push(i);
      if (refused.length > 0) this.#journal.logRefused(refused);
    }
    const newExemplars = exemplars.filter((exemplar) => this.#exemplars.add(exemplar));
    for (const [name, value] of metadata) this.#metadata.set(name, value);
    this.#stored += stored;
    this.#refused += refused.length;
    this.#options.onCommit({ samples, statuses, exemplars: newExemplars });
    return { statuses, stored, refused: refused.length };
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
    if (this.#head.truncate(cutMs) > 0) this.#labelBytes.clear();
    this.#journal.checkpoint(cutMs, floor);
  }

  #sources(): QuerySources {
    return {
      blocks: this.#blocks.list,
      head: this.#head,
      headNames: () => this.#head.labelNames(),
      onDamage: (error) => this.#blocks.report(error),
    };
  }

  /** Runs work on blocks one after the other. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    const result = this.#work.then(work);
    this.#work = result.catch(() => undefined);
    return result;
  }

  #scheduleMaintenance(): void {
    this.#timer = setInterval(() => {
      this.maintain().catch((error: unknown) =>
        this.#options.onEvent({ kind: 'maintenance-failed', message: messageOf(error) }),
      );
    }, this.#options.maintenanceIntervalMs);
    this.#timer.unref();
  }

  #checkOpen(): void {
    if (this.#isClosed || !this.#isReplayed)
      throw new TsdbError('TSDB_CLOSED', `expected ${this.#options.folder} to be open`);
  }
}
