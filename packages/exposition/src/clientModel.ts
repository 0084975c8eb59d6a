/* Messages of `io.prometheus.client` (https://github.com/prometheus/client_model), read field by field. */
import { LabelsBuilder, type HistogramSpan, type Labels } from '@binnacle/model';
import type { ProtoReader } from '@binnacle/remote-protocol';

/** An exemplar of a counter, a bucket or a native histogram; its time is NaN when absent. */
export interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}

/** Everything that a `Histogram` message may say, classic and native. */
export interface HistogramParts {
  count: number;
  sum: number;
  schema: number | undefined;
  zeroThreshold: number;
  zeroCount: number;
  hasSpans: boolean;
  readonly positiveSpans: HistogramSpan[];
  readonly negativeSpans: HistogramSpan[];
  readonly positive: number[];
  readonly negative: number[];
  readonly buckets: { upperBound: number; count: number; exemplar: Exemplar | undefined }[];
  readonly exemplars: Exemplar[];
  createdMs: number;
}

/** `Quantile`: which, and its value. */
export function readQuantile(reader: ProtoReader): [number, number] {
  let quantile = 0;
  let value = 0;
  while (reader.next()) {
    if (reader.field === 1) quantile = reader.double();
    else if (reader.field === 2) value = reader.double();
    else reader.skip();
  }
  return [quantile, value];
}

/** `Histogram`. */
export function readHistogramParts(reader: ProtoReader): HistogramParts {
  const parts: HistogramParts = {
    count: 0,
    sum: 0,
    schema: undefined,
    zeroThreshold: 0,
    zeroCount: 0,
    hasSpans: false,
    positiveSpans: [],
    negativeSpans: [],
    positive: [],
    negative: [],
    buckets: [],
    exemplars: [],
    createdMs: NaN,
  };
  const delta = (counts: number[]): void => {
    counts.push((counts.at(-1) ?? 0) + reader.sint64());
  };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        parts.count = reader.varint();
        break;
      case 2:
        parts.sum = reader.double();
        break;
      case 3:
        parts.buckets.push(nested(reader, readBucket));
        break;
      case 4:
        parts.count = reader.double();
        break;
      case 5:
        parts.schema = reader.sint64();
        break;
      case 6:
        parts.zeroThreshold = reader.double();
        break;
      case 7:
        parts.zeroCount = reader.varint();
        break;
      case 8:
        parts.zeroCount = reader.double();
        break;
      case 9:
        parts.negativeSpans.push(nested(reader, readSpan));
        parts.hasSpans = true;
        break;
      case 10:
        reader.eachPacked(() => delta(parts.negative));
        break;
      case 11:
        reader.eachPacked(() => parts.negative.push(reader.double()));
        break;
      case 12:
        parts.positiveSpans.push(nested(reader, readSpan));
        parts.hasSpans = true;
        break;
      case 13:
        reader.eachPacked(() => delta(parts.positive));
        break;
      case 14:
        reader.eachPacked(() => parts.positive.push(reader.double()));
        break;
      case 15:
        parts.createdMs = nested(reader, readTimestamp);
        break;
      case 16:
        parts.exemplars.push(nested(reader, readExemplar));
        break;
      default:
        reader.skip();
    }
  }
  return parts;
}

function readBucket(reader: ProtoReader): {
  upperBound: number;
  count: number;
  exemplar: Exemplar | undefined;
} {
  let count = 0;
  let upperBound = 0;
  let exemplar: Exemplar | undefined;
  while (reader.next()) {
    if (reader.field === 1) count = reader.varint();
    else if (reader.field === 2) upperBound = reader.double();
    else if (reader.field === 3) exemplar = nested(reader, readExemplar);
    else if (reader.field === 4) count = reader.double();
    else reader.skip();
  }
  return { upperBound, count, exemplar };
}

function readSpan(reader: ProtoReader): HistogramSpan {
  let offset = 0;
  let length = 0;
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint64();
    else if (reader.field === 2) length = reader.varint();
    else reader.skip();
  }
  return { offset, length };
}

/** `Exemplar`. */
export function readExemplar(reader: ProtoReader): Exemplar {
  const labels = new LabelsBuilder();
  let value = 0;
  let timestampMs = NaN;
  while (reader.next()) {
    if (reader.field === 1) readLabel(reader, labels);
    else if (reader.field === 2) value = reader.double();
    else if (reader.field === 3) timestampMs = nested(reader, readTimestamp);
    else reader.skip();
  }
  return { labels: labels.build(), value, timestampMs };
}

/** `google.protobuf.Timestamp` in ms. */
export function readTimestamp(reader: ProtoReader): number {
  let ms = 0;
  while (reader.next()) {
    if (reader.field === 1) ms += reader.int64() * 1000;
    else if (reader.field === 2) ms += Math.floor(reader.int64() / 1e6);
    else reader.skip();
  }
  return ms;
}

/** `LabelPair`, into a builder. */
export function readLabel(reader: ProtoReader, builder: LabelsBuilder): void {
  const outer = reader.enter();
  let name = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) value = reader.string();
    else reader.skip();
  }
  reader.leave(outer);
  builder.set(name, value);
}

/** Reads a nested message and returns to the outer one. */
export function nested<T>(reader: ProtoReader, read: (reader: ProtoReader) => T): T {
  const outer = reader.enter();
  const value = read(reader);
  reader.leave(outer);
  return value;
}
