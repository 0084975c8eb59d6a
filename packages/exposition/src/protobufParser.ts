import { LabelsBuilder, METRIC_NAME, NO_BUCKETS, type FloatHistogram, type Labels } from '@binnacle/model';
import { ProtoReader, RemoteProtocolError } from '@binnacle/remote-protocol';
import { formatBound } from './bounds.ts';
import {
  nested,
  readExemplar,
  readHistogramParts,
  readLabel,
  readQuantile,
  readTimestamp,
  type Exemplar,
  type HistogramParts,
} from './clientModel.ts';
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
      else if (field === 4) readSummary(part, emit, handler);
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
    const emitCreated: Emit = (...line) => {
      const ref = emit(...line);
      if (ref >= 0 && !Number.isNaN(parts.createdMs)) handler.created(ref, parts.createdMs);
      return ref;
    };
    emitCreated('_count', undefined, parts.count);
    emitCreated('_sum', undefined, parts.sum);
    let hasInfinity = false;
    for (const { upperBound, count, exemplar } of parts.buckets) {
      hasInfinity ||= upperBound === Infinity;
      const ref = emitCreated('_bucket', ['le', formatBound(upperBound)], count);
      if (exemplar !== undefined && ref >= 0)
        handler.exemplar(ref, exemplar.labels, exemplar.value, exemplar.timestampMs);
    }
    if (!hasInfinity) emitCreated('_bucket', ['le', '+Inf'], parts.count);
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

/** Quantiles have no beginning: they are no counters. */
function readSummary(reader: ProtoReader, emit: Emit, handler: ExpositionHandler): void {
  const quantiles: [number, number][] = [];
  let createdMs = NaN;
  let count = 0;
  let sum = 0;
  while (reader.next()) {
    if (reader.field === 1) count = reader.varint();
    else if (reader.field === 2) sum = reader.double();
    else if (reader.field === 3) quantiles.push(nested(reader, readQuantile));
    else if (reader.field === 4 && reader.wireType === 2) createdMs = nested(reader, readTimestamp);
    else reader.skip();
  }
  for (const ref of [emit('_count', undefined, count), emit('_sum', undefined, sum)]) {
    if (ref >= 0 && !Number.isNaN(createdMs)) handler.created(ref, createdMs);
  }
  for (const [quantile, value] of quantiles) emit('', ['quantile', formatBound(quantile)], value);
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
