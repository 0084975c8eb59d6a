import { ByteReader } from '../codec/bytes.ts';
import type { Head } from '../head/head.ts';
import { SAMPLE_STATUS } from '../head/sampleStatus.ts';
import { REF_SPAN } from '../head/seriesRef.ts';
import { SampleBatch } from '../head/sampleBatch.ts';
import {
  isBatch,
  readBatch,
  readCheckpoint,
  readDeletions,
  readRefused,
  RECORD,
  type BatchType,
  type Exemplar,
  type MetricMetadata,
  type SeriesDefinition,
} from '../wal/records.ts';

/** Puts the records of the log back into a head. */
export class Replay {
  readonly #head: Head;
  readonly #onExemplar: (exemplar: Exemplar) => void;
  readonly #metadata: Map<string, MetricMetadata>;
  readonly #pending = new SampleBatch();
  readonly #apply = new SampleBatch();
  #pendingSegment = 0;
  #statuses = new Uint8Array(1024);
  /** References of the log that mean another one in this head. */
  readonly #renamed = new Map<number, number>();
  /** Samples before `floorMs` in segments before `floorSegment` are in blocks. */
  floorMs: number;
  floorSegment: number;
  samples = 0;
  /** Samples whose series was defined in a damaged part of the log. */
  orphans = 0;

  constructor(
    head: Head,
    floor: { readonly cutMs: number; readonly walSegment: number } | undefined,
    onExemplar: (exemplar: Exemplar) => void,
    metadata: Map<string, MetricMetadata>,
  ) {
    this.#head = head;
    this.floorMs = floor?.cutMs ?? -Infinity;
    this.floorSegment = floor?.walSegment ?? 0;
    this.#onExemplar = onExemplar;
    this.#metadata = metadata;
  }

  /** Series that the log knows by another reference; they have to be defined again. */
  get renamed(): number[] {
    return [...this.#renamed.values()];
  }

  /** Takes one record and returns the newest time in it. */
  visit(payload: Uint8Array, segment: number): number {
    const input = new ByteReader(payload);
    const type = input.u8();
    if (type === RECORD.refused) {
      this.#flush(new Set(readRefused(input)));
      return -Infinity;
    }
    this.#flush();
    if (isBatch(type)) return this.#batch(input, type, segment);
    if (type === RECORD.deletion) {
      let newest = -Infinity;
      for (const { ref, fromMs, toMs } of readDeletions(input)) {
        const series = this.#head.seriesOf(this.#renamed.get(ref) ?? ref);
        if (series !== 0) this.#head.delete(series, fromMs, toMs);
        newest = Math.max(newest, toMs);
      }
      return newest;
    }
    if (type === RECORD.checkpoint) {
      const { epoch, floorMs, floorSegment } = readCheckpoint(input);
      this.#head.epoch = Math.max(this.#head.epoch, epoch);
      if (floorMs > this.floorMs) {
        this.floorMs = floorMs;
        this.floorSegment = floorSegment;
      }
      this.#head.minValidTime = this.floorMs;
    }
    return -Infinity;
  }

  finish(): void {
    this.#flush();
    this.#head.minValidTime = Math.max(this.#head.minValidTime, this.floorMs);
    // After a flush that is the newest time of all, which says how late is too late.
    this.#head.noteTime(this.floorMs - 1);
  }

  #batch(input: ByteReader, type: BatchType, segment: number): number {
    const { series, exemplars, metadata } = readBatch(input, type, this.#pending);
    this.#pendingSegment = segment;
    for (const definition of series) this.#define(definition);
    for (const exemplar of exemplars) this.#onExemplar(exemplar);
    for (const [name, value] of metadata) this.#metadata.set(name, value);
    let newest = -Infinity;
    for (let i = 0; i < this.#pending.length; i++) newest = Math.max(newest, this.#pending.times[i]!);
    return newest;
  }

  #define({ ref, labels }: SeriesDefinition): void {
    const head = this.#head;
    head.epoch = Math.max(head.epoch, Math.floor(ref / REF_SPAN));
    const isFree = !head.memory.table.isLive(ref % REF_SPAN);
    const known = head.find(labels) ?? head.create(labels, isFree ? ref : undefined);
    if (known === ref) this.#renamed.delete(ref);
    else this.#renamed.set(ref, known);
  }

  /** Applies the batch that waits, now that it is known which of its samples were refused. */
  #flush(refused?: ReadonlySet<number>): void {
    const from = this.#pending;
    if (from.length === 0) return;
    const skipBefore = this.#pendingSegment < this.floorSegment ? this.floorMs : -Infinity;
    let to = from;
    let newestSkipped = -Infinity;
    if (refused !== undefined || this.#renamed.size > 0 || skipBefore > -Infinity) {
      to = this.#apply;
      to.clear();
      const { starts } = from;
      for (let i = 0; i < from.length; i++) {
        if (refused?.has(i) === true) continue;
        if (from.times[i]! < skipBefore) {
          newestSkipped = Math.max(newestSkipped, from.times[i]!);
          continue;
        }
        const ref = this.#renamed.get(from.refs[i]!) ?? from.refs[i]!;
        const histogram = from.histograms.get(i);
        if (histogram !== undefined) to.histograms.set(to.length, histogram);
        to.addBits(ref, from.times[i]!, from.words[2 * i]!, from.words[2 * i + 1]!);
        if (starts !== undefined) to.setStart(to.length - 1, starts[i]!);
      }
    }
    if (this.#statuses.length < to.length) this.#statuses = new Uint8Array(2 * to.length);
    this.samples += this.#head.apply(to, this.#statuses);
    this.#head.noteTime(newestSkipped);
    for (let i = 0; i < to.length; i++) if (this.#statuses[i] === SAMPLE_STATUS.unknownSeries) this.orphans++;
    from.clear();
  }
}
