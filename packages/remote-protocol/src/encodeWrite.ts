import type { Labels } from '@binnacle/model';
import { writeHistogram, type DecodedHistogram } from './histogramCodec.ts';
import { ProtoWriter } from './protoWriter.ts';
import { METRIC_TYPES, type WriteMetadata } from './writeBatch.ts';

/** One series of a request to send. `values` are copied bit for bit. */
export interface OutgoingSeries {
  readonly labels: Labels;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  /** When each sample's counter started, 0 for unknown, as in `histograms`. Sent by 2.0 only. */
  readonly startTimestamps?: Float64Array;
  readonly histograms?: readonly DecodedHistogram[];
  readonly exemplars?: readonly {
    readonly labels: Labels;
    readonly value: number;
    readonly timestampMs: number;
  }[];
  /** Sent beside the series by 2.0 only. */
  readonly metadata?: Omit<WriteMetadata, 'family'>;
}

/** A remote write 1.0 request, not yet compressed. */
export function encodeWriteV1(
  series: readonly OutgoingSeries[],
  metadata: readonly WriteMetadata[] = [],
): Uint8Array {
  const request = new ProtoWriter();
  const inner = new ProtoWriter();
  for (const one of series) {
    inner.reset();
    writeLabels(inner, 1, one.labels);
    writeSamples(inner, 2, one, false);
    for (const { labels, value, timestampMs } of one.exemplars ?? []) {
      const exemplar = new ProtoWriter();
      writeLabels(exemplar, 1, labels);
      exemplar.doubleField(2, value);
      exemplar.int64Field(3, timestampMs);
      inner.bytesField(3, exemplar.finish());
    }
    for (const histogram of one.histograms ?? []) {
      // 1.0 has no field for it.
      inner.bytesField(4, histogramBytes({ ...histogram, startTimestampMs: 0 }));
    }
    request.bytesField(1, inner.finish());
  }
  for (const { family, type, help, unit } of metadata) {
    inner.reset();
    inner.varintField(1, typeNumber(type));
    inner.stringField(2, family);
    inner.stringField(4, help);
    inner.stringField(5, unit);
    request.bytesField(3, inner.finish());
  }
  return request.finish();
}

/** A remote write 2.0 request, not yet compressed. */
export function encodeWriteV2(series: readonly OutgoingSeries[]): Uint8Array {
  const symbols = new Map<string, number>([['', 0]]);
  const ref = (text: string): number => {
    const known = symbols.get(text);
    if (known !== undefined) return known;
    symbols.set(text, symbols.size);
    return symbols.size - 1;
  };
  const refs = (labels: Labels): number[] => [...labels].flatMap(([name, value]) => [ref(name), ref(value)]);
  const encoded = series.map((one) => {
    const inner = new ProtoWriter();
    inner.packedVarints(1, refs(one.labels));
    writeSamples(inner, 2, one, true);
    for (const histogram of one.histograms ?? []) inner.bytesField(3, histogramBytes(histogram));
    for (const { labels, value, timestampMs } of one.exemplars ?? []) {
      const exemplar = new ProtoWriter();
      exemplar.packedVarints(1, refs(labels));
      exemplar.doubleField(2, value);
      exemplar.int64Field(3, timestampMs);
      inner.bytesField(4, exemplar.finish());
    }
    if (one.metadata !== undefined) {
      const metadata = new ProtoWriter();
      metadata.varintField(1, typeNumber(one.metadata.type));
      metadata.varintField(3, ref(one.metadata.help));
      metadata.varintField(4, ref(one.metadata.unit));
      inner.bytesField(5, metadata.finish());
    }
    return inner.finish();
  });
  const request = new ProtoWriter();
  const encoder = new TextEncoder();
  for (const symbol of symbols.keys()) request.bytesField(4, encoder.encode(symbol));
  for (const bytes of encoded) request.bytesField(5, bytes);
  return request.finish();
}

/** Innermost messages, written for every label and sample: these two keep their buffers. */
const pair = new ProtoWriter();
const sample = new ProtoWriter();

/** Repeated `Label` fields in the order of the label set. */
export function writeLabels(writer: ProtoWriter, field: number, labels: Labels): void {
  for (const [name, value] of labels) {
    pair.reset();
    pair.stringField(1, name);
    pair.stringField(2, value);
    writer.bytesField(field, pair.finish());
  }
}

/** Repeated `Sample` fields. */
export function writeSamples(
  writer: ProtoWriter,
  field: number,
  { timestamps, values, startTimestamps }: Pick<OutgoingSeries, 'timestamps' | 'values' | 'startTimestamps'>,
  withStart: boolean,
): void {
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  for (let i = 0; i < timestamps.length; i++) {
    sample.reset();
    sample.doubleBitsField(1, words[2 * i]!, words[2 * i + 1]!);
    sample.int64Field(2, timestamps[i]!);
    if (withStart && startTimestamps !== undefined) sample.int64Field(3, startTimestamps[i]!);
    writer.bytesField(field, sample.finish());
  }
}

function histogramBytes(histogram: DecodedHistogram): Uint8Array {
  const writer = new ProtoWriter();
  writeHistogram(writer, histogram);
  return writer.finish();
}

function typeNumber(type: string): number {
  return Math.max(0, (METRIC_TYPES as readonly string[]).indexOf(type));
}
