import { join } from 'node:path';
import type { Labels } from '@binnacle/model';
import type { BlockMeta } from '../block/meta.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { messageOf } from '../errors.ts';
import type { Head } from '../head/head.ts';
import { SampleBatch } from '../head/sampleBatch.ts';
import {
  Definitions,
  writeBatch,
  writeCheckpoint,
  writeDeletions,
  writeRefused,
  type BatchRecord,
  type Deletion,
  type MetricMetadata,
} from '../wal/records.ts';
import type { WalDamage } from '../wal/segmentFile.ts';
import { Wal, type ReplayProgress } from '../wal/wal.ts';
import type { ExemplarRing } from './exemplars.ts';
import type { ResolvedOptions, TsdbEvent } from './options.ts';
import { Replay } from './replay.ts';

const CHECKPOINT_SERIES = 1000;
const MAX_PENDING_BYTES = 256 * 1024;

type Floor = NonNullable<BlockMeta['head']>;

/** What a store writes to its log, and reads back from it. Everything that writes throws TSDB_WAL_WRITE. */
export class Journal {
  readonly #wal: Wal;
  readonly #head: Head;
  readonly #exemplars: ExemplarRing;
  readonly #metadata: Map<string, MetricMetadata>;
  readonly #emit: (event: TsdbEvent) => void;
  readonly #record = new ByteWriter(1 << 16);
  #definitions = new Definitions();
  #floor: Floor = { cutMs: -Infinity, walSegment: 0 };
  samplesReplayed = 0;

  constructor(
    options: ResolvedOptions,
    head: Head,
    exemplars: ExemplarRing,
    metadata: Map<string, MetricMetadata>,
  ) {
    this.#head = head;
    this.#exemplars = exemplars;
    this.#metadata = metadata;
    this.#emit = options.onEvent;
    this.#wal = new Wal({
      folder: join(options.folder, 'wal'),
      segmentBytes: options.walSegmentBytes,
      syncIntervalMs: options.walSyncIntervalMs,
    });
    this.#wal.onSyncError = (error) => this.#emit({ kind: 'wal-sync-failed', message: messageOf(error) });
  }

  get sizeBytes(): number {
    return this.#wal.sizeBytes;
  }

  /** Notes a new series; it is logged with the next batch, or now when many wait. */
  define(ref: number, labels: Labels): void {
    this.#definitions.add(ref, labels);
    if (this.#definitions.bytes.length > MAX_PENDING_BYTES) this.#logDefinitions();
  }

  logBatch({ samples, exemplars, metadata }: Omit<BatchRecord, 'series'>, maxTime: number): void {
    this.#record.clear();
    writeBatch(this.#record, { series: this.#definitions, samples, exemplars, metadata });
    this.#wal.append(this.#record.view(), maxTime);
    this.#forgetDefinitions();
  }

  /** Says which samples of the last batch were refused. Without this, replay would judge them again, knowing less. */
  logRefused(refused: readonly number[]): void {
    this.#record.clear();
    writeRefused(this.#record, refused);
    try {
      this.#wal.append(this.#record.view(), -Infinity);
    } catch (error) {
      this.#emit({ kind: 'wal-sync-failed', message: messageOf(error) });
    }
  }

  logDeletions(deletions: readonly Deletion[]): void {
    if (this.#definitions.count > 0) this.#logDefinitions();
    this.#record.clear();
    writeDeletions(this.#record, deletions);
    this.#wal.append(
      this.#record.view(),
      deletions.reduce((newest, { toMs }) => Math.max(newest, toMs), -Infinity),
    );
  }

  /** Begins a new segment and returns its number. */
  cutSegment(): number {
    return this.#wal.cutSegment();
  }

  /** Lets the log forget what is before a time and in segments before the floor's. */
  checkpoint(cutMs: number, floor: Floor): void {
    this.#floor = floor;
    this.#wal.checkpoint(cutMs, floor.walSegment, this.#checkpointRecords());
  }

  /** Puts everything logged back into the head; `floors` are those of the blocks. Damage is told as events. */
  *replay(floors: readonly Floor[]): Generator<ReplayProgress, void, undefined> {
    const newest = floors.toSorted((a, b) => b.cutMs - a.cutMs)[0];
    const replay = new Replay(
      this.#head,
      newest,
      (exemplar) => void this.#exemplars.add(exemplar),
      this.#metadata,
    );
    const damages = yield* this.#head.replay(this.#replaySteps(replay));
    this.samplesReplayed = replay.samples;
    for (const ref of replay.renamed) {
      this.#definitions.add(ref, this.#head.memory.table.labels(this.#head.seriesOf(ref)));
    }
    this.#floor = { cutMs: replay.floorMs, walSegment: replay.floorSegment };
    for (const { segment, offset, bytes, isTail } of damages) {
      this.#emit({
        kind: isTail ? 'wal-tail-cut' : 'wal-damaged',
        message: isTail
          ? `the log ended in the middle of a record: cut ${bytes} bytes at ${offset} of segment ${segment}`
          : `the log is damaged: left out ${bytes} bytes at ${offset} of segment ${segment}; the segment is kept as .damaged`,
      });
    }
    if (replay.orphans > 0) {
      const message = `${replay.orphans} samples of the log belong to series whose definition was damaged`;
      this.#emit({ kind: 'wal-damaged', message });
    }
  }

  close(): Promise<void> {
    return this.#wal.close();
  }

  *#replaySteps(replay: Replay): Generator<ReplayProgress, WalDamage[], undefined> {
    const damages = yield* this.#wal.replay((payload, segment) => replay.visit(payload, segment));
    replay.finish();
    return damages;
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
      const series = new Definitions();
      for (const id of all.subarray(from, from + CHECKPOINT_SERIES))
        series.add(head.refOf(id), head.memory.table.labels(id));
      const isFirst = from === 0;
      const exemplars = isFirst ? [...this.#exemplars.all()] : [];
      writeBatch(out, { series, samples, exemplars, metadata: isFirst ? this.#metadata : new Map() });
      yield out.view();
    }
  }
}
