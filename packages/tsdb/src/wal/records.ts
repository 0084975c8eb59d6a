import { Labels } from '@binnacle/model';
import { ByteWriter, type ByteReader } from '../codec/bytes.ts';
import { decodeHistogram, encodeHistogram } from '../codec/histogramCodec.ts';
import { readStartRuns, writeStartRuns } from '../codec/startRuns.ts';
import { TsdbError } from '../errors.ts';
import type { SampleBatch } from '../head/sampleBatch.ts';

/** First byte of a record. */
export const RECORD = {
  batch: 1,
  refused: 2,
  deletion: 3,
  checkpoint: 4,
  /** As `batch`, with start timestamps as runs. */
  startedBatch: 5,
} as const;

export type BatchType = typeof RECORD.batch | typeof RECORD.startedBatch;

export interface SeriesDefinition {
  readonly ref: number;
  readonly labels: Labels;
}

export interface Exemplar {
  readonly seriesLabels: Labels;
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}

export interface MetricMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

/** Definitions of series, encoded as they are added. */
export class Definitions {
  count = 0;
  readonly bytes = new ByteWriter(256);

  add(ref: number, labels: Labels): void {
    this.bytes.uvarint(ref);
    writeLabels(this.bytes, labels);
    this.count++;
  }
}

/** Everything that one commit adds, in one record: it is replayed whole or not at all. */
export interface BatchRecord {
  readonly series: Definitions;
  readonly samples: SampleBatch;
  readonly exemplars: readonly Exemplar[];
  readonly metadata: ReadonlyMap<string, MetricMetadata>;
}

export interface Deletion {
  readonly ref: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What a checkpoint says first: from which segment on samples before `floorMs` are not in blocks yet. */
export interface CheckpointHeader {
  readonly epoch: number;
  readonly floorMs: number;
  readonly floorSegment: number;
}

const SAME_TIME = 1;

export function writeBatch(out: ByteWriter, batch: BatchRecord): void {
  out.u8(batch.samples.starts === undefined ? RECORD.batch : RECORD.startedBatch);
  out.uvarint(batch.series.count);
  out.raw(batch.series.bytes.view());
  writeSamples(out, batch.samples);
  out.uvarint(batch.exemplars.length);
  for (const exemplar of batch.exemplars) {
    writeLabels(out, exemplar.seriesLabels);
    writeLabels(out, exemplar.labels);
    out.f64(exemplar.value);
    out.varint(exemplar.timestampMs);
  }
  out.uvarint(batch.metadata.size);
  for (const [name, { type, help, unit }] of batch.metadata) {
    for (const text of [name, type, help, unit]) out.string(text);
  }
}

/** What a batch record defines and says besides its samples. */
export interface ReadBatch extends Pick<BatchRecord, 'exemplars' | 'metadata'> {
  readonly series: readonly SeriesDefinition[];
}

/** True of the types of records that readBatch reads. */
export function isBatch(type: number): type is BatchType {
  return type === RECORD.batch || type === RECORD.startedBatch;
}

/** Reads what writeBatch wrote, behind the type byte; samples go to `samples`. */
export function readBatch(input: ByteReader, type: BatchType, samples: SampleBatch): ReadBatch {
  const series: SeriesDefinition[] = [];
  for (let rest = input.uvarint(); rest > 0; rest--)
    series.push({ ref: input.uvarint(), labels: readLabels(input) });
  readSamples(input, samples);
  if (type === RECORD.batch) readSingleStarts(input, samples);
  else {
    readStartRuns(input, samples.length, (startMs, from, to) => {
      for (let i = from; i < to; i++) samples.setStart(i, startMs);
    });
  }
  const exemplars: Exemplar[] = [];
  for (let rest = input.uvarint(); rest > 0; rest--) {
    const seriesLabels = readLabels(input);
    const labels = readLabels(input);
    exemplars.push({ seriesLabels, labels, value: input.f64(), timestampMs: input.varint() });
  }
  const metadata = new Map<string, MetricMetadata>();
  for (let rest = input.uvarint(); rest > 0; rest--) {
    const name = input.string();
    metadata.set(name, { type: input.string(), help: input.string(), unit: input.string() });
  }
  return { series, exemplars, metadata };
}

/** Which samples of the batch before were refused. */
export function writeRefused(out: ByteWriter, indices: readonly number[]): void {
  out.u8(RECORD.refused);
  out.uvarint(indices.length);
  for (const index of indices) out.uvarint(index);
}

export function readRefused(input: ByteReader): number[] {
  return Array.from({ length: input.uvarint() }, () => input.uvarint());
}

export function writeDeletions(out: ByteWriter, deletions: readonly Deletion[]): void {
  out.u8(RECORD.deletion);
  out.uvarint(deletions.length);
  for (const { ref, fromMs, toMs } of deletions) {
    out.uvarint(ref);
    out.f64(fromMs);
    out.f64(toMs);
  }
}

export function readDeletions(input: ByteReader): Deletion[] {
  return Array.from({ length: input.uvarint() }, () => ({
    ref: input.uvarint(),
    fromMs: input.f64(),
    toMs: input.f64(),
  }));
}

export function writeCheckpoint(out: ByteWriter, header: CheckpointHeader): void {
  out.u8(RECORD.checkpoint);
  out.uvarint(header.epoch);
  out.f64(header.floorMs);
  out.uvarint(header.floorSegment);
}

export function readCheckpoint(input: ByteReader): CheckpointHeader {
  return { epoch: input.uvarint(), floorMs: input.f64(), floorSegment: input.uvarint() };
}

/** References and times as differences, then the values as they are. */
function writeSamples(out: ByteWriter, samples: SampleBatch): void {
  const { length, refs, times } = samples;
  out.uvarint(length);
  if (length > 0) {
    const first = times[0]!;
    let isSame = true;
    for (let i = 1; i < length && isSame; i++) isSame = times[i] === first;
    out.reserve(16 + length * 28);
    out.u8(isSame ? SAME_TIME : 0);
    out.varint(first);
    let previous = 0;
    const { bytes } = out;
    for (let i = 0; i < length; i++) {
      const ref = refs[i]!;
      const step = ref - previous;
      if (step >= 0 && step < 64) bytes[out.length++] = 2 * step;
      else out.varint(step);
      previous = ref;
    }
    if (!isSame) {
      for (let i = 1; i < length; i++) out.varint(times[i]! - times[i - 1]!);
    }
    out.raw(new Uint8Array(samples.values.buffer, 0, 8 * length));
  }
  out.uvarint(samples.histograms.size);
  for (const [index, histogram] of samples.histograms) {
    out.uvarint(index);
    encodeHistogram(out, histogram);
  }
  if (samples.starts === undefined) out.uvarint(0);
  else writeStartRuns(out, samples.starts, length);
}

/** The older form: an index and a time for each sample that has a start timestamp. */
function readSingleStarts(input: ByteReader, samples: SampleBatch): void {
  for (let rest = input.uvarint(); rest > 0; rest--) {
    const index = input.uvarint();
    const start = input.varint();
    if (index < samples.length) samples.setStart(index, start);
  }
}

function readSamples(input: ByteReader, samples: SampleBatch): void {
  samples.clear();
  const length = input.uvarint();
  if (length > input.remaining) {
    throw new TsdbError('TSDB_CORRUPT_CHUNK', `expected ${length} samples, found ${input.remaining} bytes`);
  }
  if (length > 0) {
    samples.ensure(length);
    const isSame = input.u8() === SAME_TIME;
    const { refs, times } = samples;
    times[0] = input.varint();
    let ref = 0;
    for (let i = 0; i < length; i++) refs[i] = ref += input.varint();
    for (let i = 1; i < length; i++) times[i] = isSame ? times[0]! : times[i - 1]! + input.varint();
    new Uint8Array(samples.values.buffer).set(input.raw(8 * length));
    samples.length = length;
  }
  for (let rest = input.uvarint(); rest > 0; rest--)
    samples.histograms.set(input.uvarint(), decodeHistogram(input));
}

function writeLabels(out: ByteWriter, labels: Labels): void {
  out.uvarint(labels.size);
  for (let i = 0; i < labels.size; i++) {
    out.string(labels.names[i]!);
    out.string(labels.values[i]!);
  }
}

function readLabels(input: ByteReader): Labels {
  const names: string[] = [];
  const values: string[] = [];
  for (let rest = input.uvarint(); rest > 0; rest--) {
    names.push(input.string());
    values.push(input.string());
  }
  return new Labels(names, values);
}
