import {
  LabelsBuilder,
  METRIC_NAME,
  NO_BUCKETS,
  type FloatHistogram,
  type Labels,
  type HistogramSpan,
} from '@binnacle/model';
import { ProtoReader, RemoteProtocolError } from '@binnacle/remote-protocol';
import { formatBound } from './bounds.ts';
import { ExpositionError } from './errors.ts';
import type { ExpositionHandler, SeriesRef } from './handler.ts';

/** Types in the order of their numbers in `io.prometheus.client.MetricType`. */
const TYPES = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram'] as const;
type FamilyType = (typeof TYPES)[number];

export interface ProtobufOptions {
  /** Emit the classic series of a histogram that also has native buckets. */
  readonly alwaysClassicHistograms?: boolean;
}

/**
 * Parses length-delimited `io.prometheus.client.MetricFamily` messages, the format that carries native histograms.
 * Series are remembered by their labels from scrape to scrape. Throws ExpositionError.
 */
export class ProtobufParser {
  readonly #options: ProtobufOptions;
  #refs = new Map<string, SeriesRef>();
  #nextRefs = new Map<string, SeriesRef>();

  constructor(options: ProtobufOptions = {}) {
    this.#options = options;
  }

  forget(): void {
    this.#refs = new Map();
  }

  parse(body: Uint8Array, handler: ExpositionHandler): void {
    this.#nextRefs = new Map();
    const reader = new ProtoReader(body);
    try {
      while (reader.position < body.length) {
        const outer = reader.enter();
        this.#readFamily(reader, handler);
        reader.leave(outer);
      }
    } catch (error) {
      if (error instanceof RemoteProtocolError)
        throw new ExpositionError('EXPOSITION_BAD_SYNTAX', error.message);
      throw error;
    } finally {
      this.#refs = this.#nextRefs;
    }
  }

  #readFamily(reader: ProtoReader, handler: ExpositionHandler): void {
    let name = '';
    let type: FamilyType = 'counter';
    const metrics: { start: number; end: number }[] = [];
    const texts: ['help' | 'unit', string][] = [];
    while (reader.next()) {
      if (reader.field === 1) name = reader.string();
      else if (reader.field === 2) texts.push(['help', reader.string()]);
      else if (reader.field === 3) type = TYPES[reader.varint()] ?? 'unknown';
      else if (reader.field === 4) metrics.push(reader.range());
      else if (reader.field === 5) texts.push(['unit', reader.string()]);
      else reader.skip();
    }
    handler.metadata(name, 'type', type);
    for (const [kind, text] of texts) handler.metadata(name, kind, text);
    for (const { start, end } of metrics)
      this.#readMetric(new ProtoReader(reader.bytes, start, end), name, handler);
  }

  #readMetric(reader: ProtoReader, name: string, handler: ExpositionHandler): void {
    const base = new LabelsBuilder();
    let timestampMs = NaN;
    const parts: { field: number; start: number; end: number }[] = [];
    while (reader.next()) {
      if (reader.field === 1) readLabel(reader, base);
      else if (reader.field === 6) timestampMs = reader.int64();
      else if (reader.wireType === 2) parts.push({ field: reader.field, ...reader.range() });
      else reader.skip();
    }
    base.set(METRIC_NAME, name);
    const labels = base.build();
    const emit = (suffix: string, extra: readonly [string, string] | undefined, value: number): SeriesRef => {
      const ref = this.#refOf(labels, name + suffix, extra, handler);
      if (ref >= 0) handler.sample(ref, value, timestampMs);
      return ref;
    };
    for (const { field, start, end } of parts) {
      const part = new ProtoReader(reader.bytes, start, end);
      if (field === 2 || field === 3 || field === 5) readSimple(part, emit, handler);
      else if (field === 4) readSummary(part, emit);
      else if (field === 7) this.#readHistogram(part, labels, name, timestampMs, emit, handler);
    }
  }

  #readHistogram(
    reader: ProtoReader,
    labels: Labels,
    name: string,
    timestampMs: number,
    emit: Emit,
    handler: ExpositionHandler,
  ): void {
    const parts = readHistogramParts(reader);
    const isNative =
      parts.schema !== undefined && (parts.hasSpans || parts.zeroThreshold > 0 || parts.zeroCount > 0);
    if (isNative) {
      const ref = this.#refOf(labels, name, undefined, handler);
      if (ref >= 0) {
        handler.histogram(ref, nativeHistogram(parts), timestampMs);
        for (const exemplar of parts.exemplars)
          handler.exemplar(ref, exemplar.labels, exemplar.value, exemplar.timestampMs);
        if (!Number.isNaN(parts.createdMs)) handler.created(ref, parts.createdMs);
      }
    }
    if (isNative && !(this.#options.alwaysClassicHistograms === true && parts.buckets.length > 0)) return;
    emit('_count', undefined, parts.count);
    emit('_sum', undefined, parts.sum);
    let hasInfinity = false;
    for (const { upperBound, count, exemplar } of parts.buckets) {
      hasInfinity ||= upperBound === Infinity;
      const ref = emit('_bucket', ['le', formatBound(upperBound)], count);
      if (exemplar !== undefined && ref >= 0)
        handler.exemplar(ref, exemplar.labels, exemplar.value, exemplar.timestampMs);
    }
    if (!hasInfinity) emit('_bucket', ['le', '+Inf'], parts.count);
  }

  #refOf(
    labels: Labels,
    name: string,
    extra: readonly [string, string] | undefined,
    handler: ExpositionHandler,
  ): SeriesRef {
    const key = `${name}\u0002${extra?.[1] ?? ''}\u0002${labels.key}`;
    let ref = this.#nextRefs.get(key) ?? this.#refs.get(key);
    if (ref === undefined) {
      const named = labels.with(METRIC_NAME, name);
      ref = handler.series(extra === undefined ? named : named.with(extra[0], extra[1]));
    }
    this.#nextRefs.set(key, ref);
    return ref;
  }
}

type Emit = (suffix: string, extra: readonly [string, string] | undefined, value: number) => SeriesRef;

interface Exemplar {
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
}

interface HistogramParts {
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

/** Counter, gauge and untyped share the shape: value=1, and a counter has exemplar=2 and created_timestamp=3. */
function readSimple(reader: ProtoReader, emit: Emit, handler: ExpositionHandler): void {
  let value = 0;
  let exemplar: Exemplar | undefined;
  let createdMs = NaN;
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 1) value = reader.double();
    else if (reader.field === 2 && reader.wireType === 2) exemplar = nested(reader, readExemplar);
    else if (reader.field === 3 && reader.wireType === 2) createdMs = nested(reader, readTimestamp);
    else reader.skip();
  }
  const ref = emit('', undefined, value);
  if (ref < 0) return;
  if (exemplar !== undefined) handler.exemplar(ref, exemplar.labels, exemplar.value, exemplar.timestampMs);
  if (!Number.isNaN(createdMs)) handler.created(ref, createdMs);
}

function readSummary(reader: ProtoReader, emit: Emit): void {
  const quantiles: [number, number][] = [];
  let count = 0;
  let sum = 0;
  while (reader.next()) {
    if (reader.field === 1) count = reader.varint();
    else if (reader.field === 2) sum = reader.double();
    else if (reader.field === 3) quantiles.push(nested(reader, readQuantile));
    else reader.skip();
  }
  emit('_count', undefined, count);
  emit('_sum', undefined, sum);
  for (const [quantile, value] of quantiles) emit('', ['quantile', formatBound(quantile)], value);
}

function readQuantile(reader: ProtoReader): [number, number] {
  let quantile = 0;
  let value = 0;
  while (reader.next()) {
    if (reader.field === 1) quantile = reader.double();
    else if (reader.field === 2) value = reader.double();
    else reader.skip();
  }
  return [quantile, value];
}

function readHistogramParts(reader: ProtoReader): HistogramParts {
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
        packed(reader, () => delta(parts.negative));
        break;
      case 11:
        packed(reader, () => parts.negative.push(reader.double()));
        break;
      case 12:
        parts.positiveSpans.push(nested(reader, readSpan));
        parts.hasSpans = true;
        break;
      case 13:
        packed(reader, () => delta(parts.positive));
        break;
      case 14:
        packed(reader, () => parts.positive.push(reader.double()));
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

function nativeHistogram(parts: HistogramParts): FloatHistogram {
  const counts = (values: number[]): Float64Array =>
    values.length === 0 ? NO_BUCKETS : Float64Array.from(values);
  return {
    schema: parts.schema!,
    zeroThreshold: parts.zeroThreshold,
    zeroCount: parts.zeroCount,
    count: parts.count,
    sum: parts.sum,
    positiveSpans: parts.positiveSpans,
    negativeSpans: parts.negativeSpans,
    positiveBuckets: counts(parts.positive),
    negativeBuckets: counts(parts.negative),
    customValues: NO_BUCKETS,
    counterResetHint: 'unknown',
  };
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

function readExemplar(reader: ProtoReader): Exemplar {
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
function readTimestamp(reader: ProtoReader): number {
  let ms = 0;
  while (reader.next()) {
    if (reader.field === 1) ms += reader.int64() * 1000;
    else if (reader.field === 2) ms += Math.floor(reader.int64() / 1e6);
    else reader.skip();
  }
  return ms;
}

function readLabel(reader: ProtoReader, builder: LabelsBuilder): void {
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

function nested<T>(reader: ProtoReader, read: (reader: ProtoReader) => T): T {
  const outer = reader.enter();
  const value = read(reader);
  reader.leave(outer);
  return value;
}

function packed(reader: ProtoReader, readOne: () => void): void {
  if (reader.wireType !== 2) {
    readOne();
    return;
  }
  const outer = reader.enter();
  while (reader.position < reader.end) readOne();
  reader.leave(outer);
}
