import {
  CUSTOM_BUCKETS_SCHEMA,
  NO_BUCKETS,
  type CounterResetHint,
  type HistogramSpan,
} from '@binnacle/model';
import { totalLength, type StoredHistogram } from '../codec/histogramCodec.ts';
import { BitReader, BitWriter } from './bitStream.ts';
import { XorColumn } from './xor.ts';

const RESET = 0x80;
const NOT_RESET = 0x40;
const GAUGE = 0xc0;
const MAX_SMALL_BOUND = 33_554_430;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);

/** Encodes histograms of one layout, all integer or all float, as a histogram chunk (encodings 2 and 3). */
export function encodeHistogramChunk(
  times: readonly number[],
  samples: readonly StoredHistogram[],
): Uint8Array {
  const out = new BitWriter();
  const first = samples[0]!;
  out.write(samples.length, 16);
  out.write(headerOf(first.histogram.counterResetHint), 8);
  writeLayout(out, first);
  const counts = samples.map(({ histogram: h, isInteger }) => {
    const buckets = isInteger
      ? [...differences(h.positiveBuckets), ...differences(h.negativeBuckets)]
      : [...h.positiveBuckets, ...h.negativeBuckets];
    return [h.count, h.zeroCount, ...buckets];
  });
  const sum = new XorColumn();
  const columns = counts[0]!.map(() => new XorColumn());
  let delta = 0;
  let deltas = counts[0]!.map(() => 0);
  for (const [i, row] of counts.entries()) {
    const { sum: sumValue } = samples[i]!.histogram;
    if (i === 0) {
      out.varbitInt(times[0]!);
      if (first.isInteger) {
        out.varbitUint(row[0]!);
        out.varbitUint(row[1]!);
      } else for (let c = 0; c < 2; c++) writeFirst(out, columns[c]!, row[c]!);
      writeFirst(out, sum, sumValue);
      for (let c = 2; c < row.length; c++) {
        if (first.isInteger) out.varbitInt(row[c]!);
        else writeFirst(out, columns[c]!, row[c]!);
      }
      continue;
    }
    const next = times[i]! - times[i - 1]!;
    out.varbitInt(next - delta);
    delta = next;
    const before = counts[i - 1]!;
    const writeCount = (c: number): void => {
      if (first.isInteger) out.varbitInt(row[c]! - before[c]! - deltas[c]!);
      else writeNext(out, columns[c]!, row[c]!);
    };
    writeCount(0);
    writeCount(1);
    writeNext(out, sum, sumValue);
    for (let c = 2; c < row.length; c++) writeCount(c);
    deltas = row.map((value, c) => value - before[c]!);
  }
  return out.view();
}

/** Decodes a histogram chunk. */
export function decodeHistogramChunk(
  bytes: Uint8Array,
  isInteger: boolean,
  sink: (time: number, histogram: StoredHistogram) => void,
): void {
  const input = new BitReader(bytes, 0);
  const count = input.read(16);
  const header = input.read(8) & GAUGE;
  const layout = readLayout(input);
  const positives = totalLength(layout.positiveSpans);
  const width = 2 + positives + totalLength(layout.negativeSpans);
  const columns = Array.from({ length: width }, () => new XorColumn());
  const sum = new XorColumn();
  let row: number[] = Array.from({ length: width }, () => 0);
  let deltas = row.slice();
  let time = 0;
  let delta = 0;
  for (let i = 0; i < count; i++) {
    const before = row;
    row = before.slice();
    const readCount = (c: number): void => {
      if (!isInteger) {
        if (i === 0) readFirst(input, columns[c]!);
        else columns[c]!.read(input);
        row[c] = valueOf(columns[c]!);
      } else if (i === 0) row[c] = c < 2 ? input.varbitUint() : input.varbitInt();
      else row[c] = before[c]! + deltas[c]! + input.varbitInt();
    };
    if (i === 0) time = input.varbitInt();
    else time += delta += input.varbitInt();
    readCount(0);
    readCount(1);
    if (i === 0) readFirst(input, sum);
    else sum.read(input);
    for (let c = 2; c < width; c++) readCount(c);
    if (i > 0) deltas = row.map((value, c) => value - before[c]!);
    const buckets = row.slice(2);
    sink(time, {
      isInteger,
      histogram: {
        ...layout,
        count: row[0]!,
        zeroCount: row[1]!,
        sum: valueOf(sum),
        positiveBuckets: toBuckets(buckets.slice(0, positives), isInteger),
        negativeBuckets: toBuckets(buckets.slice(positives), isInteger),
        counterResetHint: hintOf(header, i),
      },
    });
  }
}

function headerOf(hint: CounterResetHint): number {
  if (hint === 'gauge') return GAUGE;
  if (hint === 'reset') return RESET;
  return hint === 'not_reset' ? NOT_RESET : 0;
}

/** Only the first histogram of a counter chunk can follow a reset. */
function hintOf(header: number, index: number): CounterResetHint {
  if (header === GAUGE) return 'gauge';
  if (index > 0) return 'not_reset';
  return header === RESET ? 'reset' : 'unknown';
}

function writeLayout(out: BitWriter, { histogram: h }: StoredHistogram): void {
  writeZeroThreshold(out, h.zeroThreshold);
  out.varbitInt(h.schema);
  writeSpans(out, h.positiveSpans);
  writeSpans(out, h.negativeSpans);
  if (h.schema !== CUSTOM_BUCKETS_SCHEMA) return;
  out.varbitUint(h.customValues.length);
  for (const bound of h.customValues) {
    const thousandths = Math.round(bound * 1000);
    if (
      thousandths >= 0 &&
      thousandths <= MAX_SMALL_BOUND &&
      Object.is((thousandths + 1 - 1) / 1000, bound)
    ) {
      out.varbitUint(thousandths + 1);
    } else {
      out.write(0, 1);
      writeFloat(out, bound);
    }
  }
}

function readLayout(input: BitReader) {
  const zeroThreshold = readZeroThreshold(input);
  const schema = input.varbitInt();
  const positiveSpans = readSpans(input);
  const negativeSpans = readSpans(input);
  let customValues = NO_BUCKETS;
  if (schema === CUSTOM_BUCKETS_SCHEMA) {
    customValues = Float64Array.from({ length: input.varbitUint() }, () => {
      const code = input.varbitUint();
      return code === 0 ? readFloat(input) : (code - 1) / 1000;
    });
  }
  return { schema, zeroThreshold, positiveSpans, negativeSpans, customValues };
}

/** Powers of two from 2^-243 to 2^10 take one byte. */
function writeZeroThreshold(out: BitWriter, threshold: number): void {
  const exponent = threshold > 0 ? Math.round(Math.log2(threshold)) : 0;
  if (threshold === 0) out.write(0, 8);
  else if (2 ** exponent === threshold && exponent >= -243 && exponent <= 10) out.write(exponent + 244, 8);
  else {
    out.write(255, 8);
    writeFloat(out, threshold);
  }
}

function readZeroThreshold(input: BitReader): number {
  const code = input.read(8);
  if (code === 0) return 0;
  return code === 255 ? readFloat(input) : 2 ** (code - 244);
}

function writeSpans(out: BitWriter, spans: readonly HistogramSpan[]): void {
  out.varbitUint(spans.length);
  for (const { offset, length } of spans) {
    out.varbitUint(length);
    out.varbitInt(offset);
  }
}

function readSpans(input: BitReader): HistogramSpan[] {
  return Array.from({ length: input.varbitUint() }, () => {
    const length = input.varbitUint();
    return { offset: input.varbitInt(), length };
  });
}

function differences(buckets: Float64Array): number[] {
  return Array.from(buckets, (count, i) => count - (i === 0 ? 0 : buckets[i - 1]!));
}

function toBuckets(row: readonly number[], isInteger: boolean): Float64Array {
  if (row.length === 0) return NO_BUCKETS;
  let total = 0;
  return Float64Array.from(row, (value) => (isInteger ? (total += value) : value));
}

function writeFloat(out: BitWriter, value: number): void {
  scratch[0] = value;
  out.write64(scratchWords[1]!, scratchWords[0]!);
}

function readFloat(input: BitReader): number {
  scratchWords[1] = input.read(32);
  scratchWords[0] = input.read(32);
  return scratch[0]!;
}

function writeFirst(out: BitWriter, column: XorColumn, value: number): void {
  scratch[0] = value;
  column.first(scratchWords[0]!, scratchWords[1]!);
  out.write64(scratchWords[1]!, scratchWords[0]!);
}

function writeNext(out: BitWriter, column: XorColumn, value: number): void {
  scratch[0] = value;
  column.write(out, scratchWords[0]!, scratchWords[1]!);
}

function readFirst(input: BitReader, column: XorColumn): void {
  const high = input.read(32);
  column.first(input.read(32), high);
}

function valueOf(column: XorColumn): number {
  scratchWords[0] = column.low;
  scratchWords[1] = column.high;
  return scratch[0]!;
}
