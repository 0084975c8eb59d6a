import {
  NO_BUCKETS,
  STALE_NAN_HIGH,
  STALE_NAN_LOW,
  type CounterResetHint,
  type FloatHistogram,
  type HistogramSpan,
} from '@binnacle/model';
import type { ProtoReader } from './protoReader.ts';
import { ProtoWriter } from './protoWriter.ts';

/** A `prometheus.Histogram` message: the histogram (undefined for a stale marker) and its times in ms. */
export interface DecodedHistogram {
  readonly histogram: FloatHistogram | undefined;
  readonly timestampMs: number;
  readonly startTimestampMs: number;
}

const RESET_HINTS: readonly CounterResetHint[] = ['unknown', 'reset', 'not_reset', 'gauge'];

/** Reads the message of one `Histogram` field; the reader is inside it and is left at its end. */
export function readHistogram(reader: ProtoReader): DecodedHistogram {
  let count = 0;
  let schema = 0;
  let zeroThreshold = 0;
  let zeroCount = 0;
  let hint = 0;
  let timestampMs = 0;
  let startTimestampMs = 0;
  const sum = new Float64Array(1);
  const positiveSpans: HistogramSpan[] = [];
  const negativeSpans: HistogramSpan[] = [];
  const positive = new BucketList();
  const negative = new BucketList();
  const customValues: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        count = reader.varint();
        break;
      case 2:
        count = reader.double();
        break;
      case 3:
        reader.doubleInto(sum, 0);
        break;
      case 4:
        schema = reader.sint64();
        break;
      case 5:
        zeroThreshold = reader.double();
        break;
      case 6:
        zeroCount = reader.varint();
        break;
      case 7:
        zeroCount = reader.double();
        break;
      case 8:
        negativeSpans.push(readSpan(reader));
        break;
      case 9:
        reader.eachPacked(() => negative.addDelta(reader.sint64()));
        break;
      case 10:
        reader.eachPacked(() => negative.add(reader.double()));
        break;
      case 11:
        positiveSpans.push(readSpan(reader));
        break;
      case 12:
        reader.eachPacked(() => positive.addDelta(reader.sint64()));
        break;
      case 13:
        reader.eachPacked(() => positive.add(reader.double()));
        break;
      case 14:
        hint = reader.varint();
        break;
      case 15:
        timestampMs = reader.int64();
        break;
      case 16:
        reader.eachPacked(() => customValues.push(reader.double()));
        break;
      case 17:
        startTimestampMs = reader.int64();
        break;
      default:
        reader.skip();
    }
  }
  const words = new Uint32Array(sum.buffer);
  if (words[0] === STALE_NAN_LOW && words[1] === STALE_NAN_HIGH)
    return { histogram: undefined, timestampMs, startTimestampMs };
  const histogram: FloatHistogram = {
    schema,
    zeroThreshold,
    zeroCount,
    count,
    sum: sum[0]!,
    positiveSpans,
    negativeSpans,
    positiveBuckets: positive.finish(),
    negativeBuckets: negative.finish(),
    customValues: customValues.length === 0 ? NO_BUCKETS : Float64Array.from(customValues),
    counterResetHint: RESET_HINTS[hint] ?? 'unknown',
  };
  return { histogram, timestampMs, startTimestampMs };
}

/** Writes a histogram with float counts, which every receiver reads; undefined is a stale marker. */
export function writeHistogram(
  writer: ProtoWriter,
  { histogram, timestampMs, startTimestampMs }: DecodedHistogram,
): void {
  if (histogram === undefined) {
    writer.doubleBitsField(3, STALE_NAN_LOW, STALE_NAN_HIGH);
    writer.int64Field(15, timestampMs);
    return;
  }
  writer.doubleField(2, histogram.count);
  writer.doubleField(3, histogram.sum);
  writer.sint64Field(4, histogram.schema);
  writer.doubleField(5, histogram.zeroThreshold);
  writer.doubleField(7, histogram.zeroCount);
  for (const span of histogram.negativeSpans) writer.bytesField(8, spanBytes(span));
  packDoubles(writer, 10, histogram.negativeBuckets);
  for (const span of histogram.positiveSpans) writer.bytesField(11, spanBytes(span));
  packDoubles(writer, 13, histogram.positiveBuckets);
  writer.varintField(14, RESET_HINTS.indexOf(histogram.counterResetHint));
  writer.int64Field(15, timestampMs);
  packDoubles(writer, 16, histogram.customValues);
  writer.int64Field(17, startTimestampMs);
}

/** Bucket counts that arrive either as differences or as they are. */
class BucketList {
  readonly #counts: number[] = [];

  add(count: number): void {
    this.#counts.push(count);
  }

  addDelta(delta: number): void {
    this.#counts.push((this.#counts.at(-1) ?? 0) + delta);
  }

  finish(): Float64Array {
    return this.#counts.length === 0 ? NO_BUCKETS : Float64Array.from(this.#counts);
  }
}

function readSpan(reader: ProtoReader): HistogramSpan {
  const outer = reader.enter();
  let offset = 0;
  let length = 0;
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint64();
    else if (reader.field === 2) length = reader.varint();
    else reader.skip();
  }
  reader.leave(outer);
  return { offset, length };
}

function spanBytes({ offset, length }: HistogramSpan): Uint8Array {
  const writer = new ProtoWriter();
  writer.sint64Field(1, offset);
  writer.varintField(2, length);
  return writer.finish();
}

function packDoubles(writer: ProtoWriter, field: number, values: Float64Array): void {
  if (values.length === 0) return;
  const copy = new Uint8Array(values.length * 8);
  const view = new DataView(copy.buffer);
  for (let i = 0; i < values.length; i++) view.setFloat64(8 * i, values[i]!, true);
  writer.bytesField(field, copy);
}
