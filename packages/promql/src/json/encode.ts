import type { FloatHistogram, Labels } from '@binnacle/model';
import type { PlanNode } from '../engine/explain.ts';
import { timeAt, type Grid } from '../engine/grid.ts';
import type { MatrixSeries, QueryResult, QueryValue } from '../engine/result.ts';
import { FLOAT, HISTOGRAM, type Row } from '../engine/row.ts';
import { allBuckets } from '../histogram/buckets.ts';
import { ByteWriter } from './byteWriter.ts';

const MAX_ANNOTATIONS = 10;
const ENVELOPE_BYTES = 100;
const LABELS_BYTES = 250;
const POINT_BYTES = 32;

/**
 * The body of a successful answer of Prometheus's `/api/v1/query` and `/query_range`, as bytes. `data` also has the
 * statistics that are given, and the plan of a query that recorded one.
 */
export function encodeResponse(result: QueryResult, stats?: unknown): Buffer {
  const writer = new ByteWriter(ENVELOPE_BYTES + sizeOf(result.value));
  writer.ascii('{"status":"success","data":');
  writeValue(writer, result.value, stats, result.plan);
  writeAnnotations(writer, 'warnings', result.warnings, 'warning');
  writeAnnotations(writer, 'infos', result.infos, 'info');
  writer.ascii('}');
  return writer.finish();
}

/** The `data` member alone. */
export function encodeValue(value: QueryValue): Buffer {
  const writer = new ByteWriter(ENVELOPE_BYTES + sizeOf(value));
  writeValue(writer, value, undefined, undefined);
  return writer.finish();
}

/** About how many bytes it takes; a wrong guess costs a copy. */
function sizeOf(value: QueryValue): number {
  if (value.type === 'scalar' || value.type === 'string') return LABELS_BYTES;
  let bytes = 0;
  for (const { row } of value.series) bytes += LABELS_BYTES + row.steps * POINT_BYTES;
  return bytes;
}

function writeValue(writer: ByteWriter, value: QueryValue, stats: unknown, plan: PlanNode | undefined): void {
  writer.ascii(`{"resultType":"${value.type}","result":`);
  switch (value.type) {
    case 'scalar':
      writer.ascii('[');
      writer.timestamp(value.timeMs);
      writer.ascii(',');
      writer.float(value.value);
      writer.ascii(']');
      break;
    case 'string':
      writer.ascii('[');
      writer.timestamp(value.timeMs);
      writer.ascii(',');
      writer.json(value.value);
      writer.ascii(']');
      break;
    case 'vector':
      writeVector(writer, value);
      break;
    case 'matrix':
      writeMatrix(writer, value);
  }
  if (stats !== undefined) writer.ascii(`,"stats":${JSON.stringify(stats)}`);
  if (plan !== undefined) {
    writer.ascii(',"explain":');
    writer.text(JSON.stringify(plan));
  }
  writer.ascii('}');
}

function writeVector(writer: ByteWriter, value: Extract<QueryValue, { type: 'vector' }>): void {
  writer.ascii('[');
  value.series.forEach(({ labels, row }, index) => {
    writer.ascii(index === 0 ? '{"metric":' : ',{"metric":');
    writeLabels(writer, labels);
    const isHistogram = row.kinds[0] === HISTOGRAM;
    writer.ascii(isHistogram ? ',"histogram":[' : ',"value":[');
    writer.timestamp(value.timeMs);
    writer.ascii(',');
    if (isHistogram) writeHistogram(writer, row.histograms[0]!);
    else writer.float(row.values[0]!);
    writer.ascii(']}');
  });
  writer.ascii(']');
}

function writeMatrix(writer: ByteWriter, value: Extract<QueryValue, { type: 'matrix' }>): void {
  const texts = value.series.length > 1 ? new TimestampTexts(value.grid) : undefined;
  writer.ascii('[');
  value.series.forEach((series, index) => {
    writer.ascii(index === 0 ? '{"metric":' : ',{"metric":');
    writeLabels(writer, series.labels);
    writePoints(writer, series, FLOAT, value.grid, texts);
    if (series.row.hasHistograms) writePoints(writer, series, HISTOGRAM, value.grid, texts);
    writer.ascii('}');
  });
  writer.ascii(']');
}

function writePoints(
  writer: ByteWriter,
  { row, timestamps }: MatrixSeries,
  kind: number,
  grid: Grid,
  texts: TimestampTexts | undefined,
): void {
  let any = false;
  for (let step = 0; step < row.steps; step++) {
    if (row.kinds[step] !== kind) continue;
    writer.ascii(any ? ',[' : kind === FLOAT ? ',"values":[[' : ',"histograms":[[');
    any = true;
    if (timestamps !== undefined) writer.timestamp(timestamps[step]!);
    else if (texts === undefined) writer.timestamp(timeAt(grid, step));
    else texts.write(writer, step);
    writer.byte(0x2c);
    writePoint(writer, row, step);
    writer.byte(0x5d);
  }
  if (any) writer.byte(0x5d);
}

function writePoint(writer: ByteWriter, row: Row, step: number): void {
  if (row.kinds[step] === FLOAT) writer.float(row.values[step]!);
  else writeHistogram(writer, row.histograms[step]!);
}

/** Timestamps of a grid as text, written once and copied for every series. */
class TimestampTexts {
  readonly #grid: Grid;
  #bytes: Buffer | undefined;
  #ends = new Int32Array(0);

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  write(writer: ByteWriter, step: number): void {
    this.#bytes ??= this.#prepare();
    writer.bytes(this.#bytes, step === 0 ? 0 : this.#ends[step - 1]!, this.#ends[step]!);
  }

  #prepare(): Buffer {
    const texts = new ByteWriter(this.#grid.count * 16);
    this.#ends = new Int32Array(this.#grid.count);
    for (let step = 0; step < this.#grid.count; step++) {
      texts.timestamp(timeAt(this.#grid, step));
      this.#ends[step] = texts.length;
    }
    return texts.finish();
  }
}

function writeLabels(writer: ByteWriter, labels: Labels): void {
  writer.ascii('{');
  labels.names.forEach((name, index) => {
    if (index > 0) writer.ascii(',');
    writer.json(name);
    writer.ascii(':');
    writer.json(labels.values[index]!);
  });
  writer.ascii('}');
}

/** Buckets are `[rule, lower, upper, count]`; the rule says which bounds belong to the bucket. */
function writeHistogram(writer: ByteWriter, h: FloatHistogram): void {
  writer.ascii('{"count":');
  writer.float(h.count);
  writer.ascii(',"sum":');
  writer.float(h.sum);
  let any = false;
  for (const { lower, upper, count, lowerInclusive, upperInclusive } of allBuckets(h)) {
    if (count === 0) continue;
    const rule = lowerInclusive ? (upperInclusive ? 3 : 1) : upperInclusive ? 0 : 2;
    writer.ascii(`${any ? ',' : ',"buckets":['}[${rule},`);
    any = true;
    writer.float(lower);
    writer.ascii(',');
    writer.float(upper);
    writer.ascii(',');
    writer.float(count);
    writer.ascii(']');
  }
  writer.ascii(any ? ']}' : '}');
}

function writeAnnotations(writer: ByteWriter, key: string, texts: readonly string[], level: string): void {
  if (texts.length === 0) return;
  const shown = texts.slice(0, MAX_ANNOTATIONS);
  const omitted = texts.length - shown.length;
  if (omitted > 0) shown.push(`${omitted} more ${level} annotations omitted`);
  writer.ascii(`,"${key}":[`);
  shown.forEach((text, index) => {
    if (index > 0) writer.ascii(',');
    writer.json(text);
  });
  writer.ascii(']');
}
