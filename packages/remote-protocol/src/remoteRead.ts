import { Matcher, type Labels, type MatcherType } from '@binnacle/model';
import { writeLabels, writeSamples } from './encodeWrite.ts';
import { RemoteProtocolError } from './errors.ts';
import { readHistogram, writeHistogram, type DecodedHistogram } from './histogramCodec.ts';
import { ProtoReader } from './protoReader.ts';
import { ProtoWriter } from './protoWriter.ts';
import { labelsOfBytes } from './writeBatch.ts';

export interface ReadQuery {
  readonly startMs: number;
  readonly endMs: number;
  readonly matchers: readonly Matcher[];
}

export interface ReadRequest {
  readonly queries: readonly ReadQuery[];
  /** True when the asker takes `STREAMED_XOR_CHUNKS`; `SAMPLES` is always taken. */
  readonly acceptsChunks: boolean;
}

/** One series of an answer. */
export interface ReadSeries {
  readonly labels: Labels;
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly histograms?: readonly DecodedHistogram[];
}

/** Matcher types in the order of their numbers on the wire. */
const MATCHER_TYPES: readonly MatcherType[] = ['=', '!=', '=~', '!~'];
const MAX_QUERIES = 100;

/** Decodes a `prometheus.ReadRequest`. Throws RemoteProtocolError, and RegexError for a pattern that does not compile. */
export function decodeReadRequest(body: Uint8Array): ReadRequest {
  const reader = new ProtoReader(body);
  const queries: ReadQuery[] = [];
  let acceptsChunks = false;
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 2) {
      const outer = reader.enter();
      queries.push(readQuery(reader));
      reader.leave(outer);
    } else if (reader.field === 2) {
      acceptsChunks = readAccepted(reader) || acceptsChunks;
    } else {
      reader.skip();
    }
    if (queries.length > MAX_QUERIES) {
      throw new RemoteProtocolError(
        'REMOTE_TOO_LARGE',
        `expected at most ${MAX_QUERIES} queries in one request, found more`,
      );
    }
  }
  return { queries, acceptsChunks };
}

/** Encodes a `prometheus.ReadRequest` that asks for chunks, if the other side has them, or else for samples. */
export function encodeReadRequest(queries: readonly ReadQuery[], acceptsChunks = false): Uint8Array {
  const request = new ProtoWriter();
  for (const { startMs, endMs, matchers } of queries) {
    const query = new ProtoWriter();
    query.int64Field(1, startMs);
    query.int64Field(2, endMs);
    for (const { type, name, value } of matchers) {
      const matcher = new ProtoWriter();
      matcher.varintField(1, MATCHER_TYPES.indexOf(type));
      matcher.stringField(2, name);
      matcher.stringField(3, value);
      query.bytesField(3, matcher.finish());
    }
    request.bytesField(1, query.finish());
  }
  if (acceptsChunks) request.packedVarints(2, [1, 0]);
  return request.finish();
}

/** Encodes a `prometheus.ReadResponse` of the `SAMPLES` kind: one list of series for each query, in order. */
export function encodeReadResponse(results: readonly (readonly ReadSeries[])[]): Uint8Array {
  const response = new ProtoWriter();
  for (const seriesList of results) {
    const result = new ProtoWriter();
    for (const one of seriesList) {
      const series = new ProtoWriter();
      writeLabels(series, 1, one.labels);
      writeSamples(series, 2, one, false);
      for (const histogram of one.histograms ?? []) {
        const inner = new ProtoWriter();
        writeHistogram(inner, histogram);
        series.bytesField(4, inner.finish());
      }
      result.bytesField(1, series.finish());
    }
    response.bytesField(1, result.finish());
  }
  return response.finish();
}

/** Decodes a `prometheus.ReadResponse` of the `SAMPLES` kind. Throws RemoteProtocolError. */
export function decodeReadResponse(body: Uint8Array): ReadSeries[][] {
  const reader = new ProtoReader(body);
  const results: ReadSeries[][] = [];
  while (reader.next()) {
    if (reader.field !== 1 || reader.wireType !== 2) {
      reader.skip();
      continue;
    }
    const outer = reader.enter();
    const seriesList: ReadSeries[] = [];
    while (reader.next()) {
      if (reader.field !== 1 || reader.wireType !== 2) {
        reader.skip();
        continue;
      }
      const inner = reader.enter();
      seriesList.push(readSeries(reader, body));
      reader.leave(inner);
    }
    reader.leave(outer);
    results.push(seriesList);
  }
  return results;
}

function readSeries(reader: ProtoReader, body: Uint8Array): ReadSeries {
  const labelsStart = reader.position;
  let labelsEnd = labelsStart;
  let count = 0;
  let timestamps = new Float64Array(64);
  let values = new Float64Array(64);
  const histograms: DecodedHistogram[] = [];
  while (reader.next()) {
    if (reader.field === 1) {
      reader.skip();
      labelsEnd = reader.position;
    } else if (reader.field === 2 && reader.wireType === 2) {
      if (count === timestamps.length) {
        timestamps = doubled(timestamps);
        values = doubled(values);
      }
      const outer = reader.enter();
      readSample(reader, timestamps, values, count);
      reader.leave(outer);
      count++;
    } else if (reader.field === 4 && reader.wireType === 2) {
      const outer = reader.enter();
      histograms.push(readHistogram(reader));
      reader.leave(outer);
    } else {
      reader.skip();
    }
  }
  const labels = labelsOfBytes(body, labelsStart, labelsEnd);
  const samples = { labels, timestamps: timestamps.slice(0, count), values: values.slice(0, count) };
  return histograms.length === 0 ? samples : { ...samples, histograms };
}

function readSample(
  reader: ProtoReader,
  timestamps: Float64Array,
  values: Float64Array,
  index: number,
): void {
  timestamps[index] = 0;
  values[index] = 0;
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 1) reader.doubleInto(values, index);
    else if (reader.field === 2 && reader.wireType === 0) timestamps[index] = reader.int64();
    else reader.skip();
  }
}

function doubled(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}

function readQuery(reader: ProtoReader): ReadQuery {
  let startMs = 0;
  let endMs = 0;
  const matchers: Matcher[] = [];
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 0) startMs = reader.int64();
    else if (reader.field === 2 && reader.wireType === 0) endMs = reader.int64();
    else if (reader.field === 3 && reader.wireType === 2) {
      const outer = reader.enter();
      matchers.push(readMatcher(reader));
      reader.leave(outer);
    } else reader.skip();
  }
  return { startMs, endMs, matchers };
}

function readMatcher(reader: ProtoReader): Matcher {
  let type = 0;
  let name = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 0) type = reader.varint();
    else if (reader.field === 2 && reader.wireType === 2) name = reader.string();
    else if (reader.field === 3 && reader.wireType === 2) value = reader.string();
    else reader.skip();
  }
  const known = MATCHER_TYPES[type];
  if (known === undefined) {
    throw new RemoteProtocolError(
      'REMOTE_BAD_PROTOBUF',
      `expected a matcher type from 0 to 3, found ${type}`,
    );
  }
  return new Matcher(known, name, value);
}

/** `accepted_response_types`: 1 is STREAMED_XOR_CHUNKS; packed or one by one. */
function readAccepted(reader: ProtoReader): boolean {
  if (reader.wireType === 0) return reader.varint() === 1;
  const outer = reader.enter();
  let found = false;
  while (reader.position < reader.end) found = reader.varint() === 1 || found;
  reader.leave(outer);
  return found;
}
