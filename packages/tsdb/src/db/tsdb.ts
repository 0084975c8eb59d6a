import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { METRIC_NAME, type Labels, type Matcher } from '@binnacle/model';
import { ByteWriter } from '../codec/bytes.ts';
import { messageOf, TsdbError } from '../errors.ts';
import { SAMPLE_STATUS } from '../head/appender.ts';
import { Head } from '../head/head.ts';
import { decodeLabelBytes, LabelByteCache } from '../head/labelBytes.ts';
import { SampleBatch } from '../head/sampleBatch.ts';
import { selectSeries, ValueSetCache } from '../index/selectSeries.ts';
import {
  Definitions,
  writeBatch,
  writeCheckpoint,
  writeDeletions,
  writeRefused,
  type Deletion,
  type Exemplar,
  type MetricMetadata,
} from '../wal/records.ts';
import { Wal } from '../wal/wal.ts';
import { Batch, type CommitResult } from './batch.ts';
import { BlockSet } from './blockSet.ts';
import { ExemplarRing } from './exemplars.ts';
import { FolderLock } from './folderLock.ts';
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
import { Replay } from './replay.ts';
import type { SelectRange, SeriesSet } from './series.ts';
import type { SharedHandle } from './sharedReader.ts';

const MAX_LABELS = 256;
const CHECKPOINT_SERIES = 1000;
const MAX_PENDING_BYTES = 256 * 1024;

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

/**
 * A time-series store in one folder: the newest samples in memory behind a write-ahead log, older ones in immutable
 * blocks. docs/tsdb.md has the drawing.
 */
export class Tsdb {
  readonly #options: ResolvedOptions;
  readonly #lock: FolderLock;
  readonly #head: Head;
  readonly #blocks: BlockSet;
  readonly #wal: Wal;
  readonly #exemplars: ExemplarRing;
  readonly #metadata = new Map<string, MetricMetadata>();
  readonly #labelBytes: LabelByteCache;
  readonly #valueSets = new ValueSetCache();
  readonly #record = new ByteWriter(1 << 16);
  #definitions = new Definitions();
  #floor = { cutMs: -Infinity, walSegment: 0 };
  #work: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #stored = 0;
  #refused = 0;
  #replayed = 0;

  /**
   * Opens a folder, replaying its log. Throws TSDB_LOCKED when another process has it open and TSDB_OPEN when it
   * cannot be used. What was damaged and cut is told through `onEvent`.
   */
  static open(options: TsdbOptions): Tsdb {
    return new Tsdb(resolveOptions(options));
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
      this.#wal = new Wal({
        folder: join(folder, 'wal'),
        segmentBytes: options.walSegmentBytes,
        syncIntervalMs: options.walSyncIntervalMs,
      });
      this.#replay();
    } catch (error) {
      this.#lock.release();
      if (error instanceof TsdbError) throw error;
      throw new TsdbError('TSDB_OPEN', `expected to open ${folder}, found: ${messageOf(error)}`, error);
    }
    this.#wal.onSyncError = (error) =>
      options.onEvent({ kind: 'wal-sync-failed', message: messageOf(error) });
    if (options.maintenanceIntervalMs > 0) this.#scheduleMaintenance();
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
    this.#definitions.add(ref, labels);
    if (this.#definitions.bytes.length > MAX_PENDING_BYTES) this.#logDefinitions();
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
      walBytes: this.#wal.sizeBytes,
      samplesStored: this.#stored,
      samplesRefused: this.#refused,
      samplesReplayed: this.#replayed,
    };
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
        this.#record.clear();
        writeDeletions(this.#record, deletions);
        if (this.#definitions.count > 0) this.#logDefinitions();
        this.#wal.append(this.#record.view(), Math.max(...deletions.map(({ toMs }) => toMs)));
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
      applyRetention(this.#blocks, this.#options, newest, this.#wal.sizeBytes);
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
    await this.#wal.close();
    this.#blocks.close();
    this.#lock.release();
  }

  #commit(batch: Batch): CommitResult {
    this.#checkOpen();
    const { samples, exemplars, metadata } = batch;
    const statuses = new Uint8Array(samples.length);
    let maxTime = -Infinity;
    for (let i = 0; i < samples.length; i++) if (samples.times[i]! > maxTime) maxTime = samples.times[i]!;
    this.#record.clear();
    writeBatch(this.#record, { series: this.#definitions, samples, exemplars, metadata });
    this.#wal.append(this.#record.view(), maxTime);
    this.#forgetDefinitions();
    const stored = this.#head.apply(samples, statuses);
    const refused: number[] = [];
    if (stored < samples.length) {
      for (let i = 0; i < statuses.length; i++) if (statuses[i]! > SAMPLE_STATUS.duplicate) refused.push(i);
      if (refused.length > 0) this.#logRefused(refused);
    }
    for (const exemplar of exemplars) this.#exemplars.add(exemplar);
    for (const [name, value] of metadata) this.#metadata.set(name, value);
    this.#stored += stored;
    this.#refused += refused.length;
    return { statuses, stored, refused: refused.length };
  }

  /** Replay would judge the samples again, and might know less; without this record it does. */
  #logRefused(refused: readonly number[]): void {
    this.#record.clear();
    writeRefused(this.#record, refused);
    try {
      this.#wal.append(this.#record.view(), -Infinity);
    } catch (error) {
      this.#options.onEvent({ kind: 'wal-sync-failed', message: messageOf(error) });
    }
  }

  /** Logs definitions ahead of the next batch: before a record that needs them, and before they get many. */
  #logDefinitions(): void {
    const out = new ByteWriter(this.#definitions.bytes.length + 16);
    const nothing = {
      samples: new SampleBatch(),
      exemplars: [],
      metadata: new Map<string, MetricMetadata>(),
    };
    writeBatch(out, { series: this.#definitions, ...nothing });
    this.#wal.append(out.view(), -Infinity);
    this.#forgetDefinitions();
  }

  #forgetDefinitions(): void {
    if (this.#definitions.count > 0) this.#definitions = new Definitions();
  }

  async #cut(cutMs: number, floorMs = cutMs): Promise<void> {
    const walSegment = this.#wal.cutSegment();
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
    this.#floor = floor;
    this.#wal.checkpoint(cutMs, walSegment, this.#checkpointRecords());
  }

  *#checkpointRecords(): Iterable<Uint8Array> {
    const out = new ByteWriter(1 << 16);
    const head = this.#head;
    const { cutMs, walSegment } = this.#floor;
    writeCheckpoint(out, { epoch: head.epoch, floorMs: cutMs, floorSegment: walSegment });
    yield out.view();
    const all = head.index.allSeries();
    const samples = new SampleBatch();
    for (let from = 0; from === 0 || from < all.length; from += CHECKPOINT_SERIES) {
      out.clear();
      const ids = all.subarray(from, from + CHECKPOINT_SERIES);
      const series = new Definitions();
      for (const id of ids) series.add(head.refOf(id), head.memory.table.labels(id));
      const isFirst = from === 0;
      const exemplars = isFirst ? [...this.#exemplars.all()] : [];
      writeBatch(out, { series, samples, exemplars, metadata: isFirst ? this.#metadata : new Map() });
      yield out.view();
    }
  }

  #replay(): void {
    const heads = this.#blocks.list.flatMap(({ meta }) => meta.head ?? []);
    const newest = heads.toSorted((a, b) => b.cutMs - a.cutMs)[0];
    const replay = new Replay(
      this.#head,
      newest,
      (exemplar) => void this.#exemplars.add(exemplar),
      this.#metadata,
    );
    const damages = this.#wal.replay((payload, segment) => replay.visit(payload, segment));
    replay.finish();
    this.#replayed = replay.samples;
    for (const ref of replay.renamed) {
      this.#definitions.add(ref, this.#head.memory.table.labels(this.#head.seriesOf(ref)));
    }
    this.#floor = { cutMs: replay.floorMs, walSegment: replay.floorSegment };
    for (const { segment, offset, bytes, isTail } of damages) {
      this.#options.onEvent({
        kind: isTail ? 'wal-tail-cut' : 'wal-damaged',
        message: isTail
          ? `the log ended in the middle of a record: cut ${bytes} bytes at ${offset} of segment ${segment}`
          : `the log is damaged: left out ${bytes} bytes at ${offset} of segment ${segment}; the segment is kept as .damaged`,
      });
    }
    if (replay.orphans > 0) {
      const message = `${replay.orphans} samples of the log belong to series whose definition was damaged`;
      this.#options.onEvent({ kind: 'wal-damaged', message });
    }
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
    if (this.#isClosed) throw new TsdbError('TSDB_CLOSED', `expected ${this.#options.folder} to be open`);
  }
}

function checkLabels(labels: Labels): void {
  const refuse = (detail: string): never => {
    throw new TsdbError('TSDB_BAD_LABELS', detail);
  };
  if (labels.size === 0 || labels.size > MAX_LABELS)
    refuse(`expected 1 to ${MAX_LABELS} labels, found ${labels.size}`);
  for (const [name, value] of labels) {
    if (name === '' || !name.isWellFormed())
      refuse(`expected a label name in UTF-8, found ${JSON.stringify(name)}`);
    if (!value.isWellFormed())
      refuse(`expected UTF-8 as the value of ${name}, found ${JSON.stringify(value)}`);
    if (name === METRIC_NAME && value === '') refuse('expected a metric name, found an empty one');
  }
}
