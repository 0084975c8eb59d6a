import { mkdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Labels, Matcher } from '@binnacle/model';
import type { BlockMeta } from '../block/meta.ts';
import { messageOf, TsdbError } from '../errors.ts';
import { Head } from '../head/head.ts';
import type { Exemplar, MetricMetadata } from '../wal/records.ts';
import type { ReplayProgress } from '../wal/wal.ts';
import { Batch } from './batch.ts';
import { BlockSet } from './blockSet.ts';
import { ExemplarRing } from './exemplars.ts';
import { FolderLock } from './folderLock.ts';
import { Journal } from './journal.ts';
import type { MergedSet } from './mergedSet.ts';
import { resolveOptions, type ResolvedOptions, type TsdbOptions } from './options.ts';
import {
  cardinalityOf,
  countFrom,
  labelNamesFrom,
  labelValuesFrom,
  selectFrom,
  seriesFrom,
  type Cardinality,
  type QuerySources,
} from './queries.ts';
import type { SelectRange, SeriesSet } from './series.ts';
import type { SharedHandle } from './sharedReader.ts';
import type { TsdbStats } from './stats.ts';
import { Upkeep } from './upkeep.ts';
import { Writer } from './writer.ts';

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
  readonly #writer: Writer;
  readonly #upkeep: Upkeep;
  #timer: NodeJS.Timeout | undefined;
  #isReplayed = false;
  #isClosed = false;

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
      this.#exemplars = new ExemplarRing(options.maxExemplars);
      this.#blocks = new BlockSet(folder, options.cacheBytes, options.onEvent);
      this.#blocks.load();
      this.#journal = new Journal(options, this.#head, this.#exemplars, this.#metadata);
      this.#writer = new Writer(this.#head, this.#journal, this.#exemplars, this.#metadata, options.onCommit);
      this.#upkeep = new Upkeep(options, this.#head, this.#blocks, this.#journal, () =>
        this.#writer.forgetSeries(),
      );
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
    return this.#writer.create(labels);
  }

  /** As `getOrCreateSeries`, for the label bytes of a remote-write request (see LabelByteCache). */
  getOrCreateSeriesFromBytes(bytes: Uint8Array, start = 0, end = bytes.length): number {
    this.#checkOpen();
    return this.#writer.getOrCreateFromBytes(bytes, start, end);
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
    return new Batch((batch) => {
      this.#checkOpen();
      return this.#writer.commit(batch);
    });
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

  /** About how many series `select` finds, without the cost of a selection. */
  countSeries(matchers: readonly Matcher[], range: SelectRange): number {
    this.#checkOpen();
    return countFrom(this.#sources(), matchers, range);
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
    return this.#exemplars.select(selectors, range);
  }

  /** What is known about metrics, by metric name. */
  get metadata(): ReadonlyMap<string, MetricMetadata> {
    return this.#metadata;
  }

  /** The largest label names, pairs and metrics of the head. */
  cardinality(limit = 10): Cardinality {
    return cardinalityOf(this.#head.index, this.#head.labelNames(), limit);
  }

  get headSeries(): number {
    return this.#head.seriesCount;
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
      samplesStored: this.#writer.stored,
      samplesRefused: this.#writer.refused,
      samplesReplayed: this.#journal.samplesReplayed,
    };
  }

  /** What every block says about itself, by its first time, with its size on disk. */
  blocks(): readonly BlockInfo[] {
    return this.#blocks.list.map(({ meta, sizeBytes }) => ({ ...meta, sizeBytes }));
  }

  /** Hides the samples of a range of the series that match. Blocks drop them when they are merged. */
  delete(matchers: readonly Matcher[], range: SelectRange): Promise<void> {
    return this.#whenOpen().delete(matchers, range);
  }

  /** Writes every block with deletions again, without them. */
  cleanTombstones(): Promise<void> {
    return this.#whenOpen().cleanTombstones();
  }

  /** Cuts blocks from the head that are due, merges blocks, and removes those beyond the retention. */
  maintain(): Promise<void> {
    return this.#whenOpen().maintain();
  }

  /**
   * Writes everything in the head to blocks and merges them, whether due or not. For tools: while it runs, samples of
   * the block range of the newest sample are refused as out of bounds.
   */
  flush(): Promise<void> {
    return this.#whenOpen().flush();
  }

  /** Copies the store, head included, to a new folder that `open` takes. */
  snapshot(target: string): Promise<void> {
    return this.#whenOpen().snapshot(target);
  }

  /** Takes blocks that were written to the folder beside it (imports). */
  reloadBlocks(): Promise<void> {
    return this.#whenOpen().reloadBlocks();
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
      blockFolders: this.#blocks.byAge.map(({ folder }) => folder),
    };
  }

  /** Ends maintenance, forces the log to disk and gives the folder free. The head is replayed at the next open. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    clearInterval(this.#timer);
    await this.#upkeep.settled;
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

  #sources(): QuerySources {
    return {
      blocks: this.#blocks.byAge,
      head: this.#head,
      headNames: () => this.#head.labelNames(),
      onDamage: (error) => this.#blocks.report(error),
    };
  }

  #whenOpen(): Upkeep {
    this.#checkOpen();
    return this.#upkeep;
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
