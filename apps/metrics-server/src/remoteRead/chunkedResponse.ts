import type { Labels } from '@binnacle/model';
import { labelsOfBytes, ProtoReader, ProtoWriter } from '@binnacle/remote-protocol';
import { crc32c, type PrometheusChunkData } from '@binnacle/tsdb';
import { MetricsServerError } from '../errors.ts';

/** Content type of an answer in frames of chunks. */
export const CHUNKED_TYPE = 'application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse';

/** Chunks of one series. A series with many comes in several of these, one behind the other. */
export interface ChunkedSeries {
  readonly labels: Labels;
  readonly chunks: readonly PrometheusChunkData[];
}

/**
 * One frame of a `STREAMED_XOR_CHUNKS` answer: the length of the message, its CRC-32C, and a
 * `prometheus.ChunkedReadResponse` with one series.
 */
export function encodeFrame({ labels, chunks }: ChunkedSeries, queryIndex: number): Buffer {
  const series = new ProtoWriter();
  for (const [name, value] of labels) {
    const label = new ProtoWriter();
    label.stringField(1, name);
    label.stringField(2, value);
    series.bytesField(1, label.finish());
  }
  for (const { encoding, minTime, maxTime, data } of chunks) {
    const chunk = new ProtoWriter();
    chunk.int64Field(1, minTime);
    chunk.int64Field(2, maxTime);
    chunk.varintField(3, encoding);
    chunk.bytesField(4, data);
    series.bytesField(2, chunk.finish());
  }
  const message = new ProtoWriter();
  message.bytesField(1, series.finish());
  message.int64Field(2, queryIndex);
  const body = message.finish();
  const length = new ProtoWriter();
  length.varint(body.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32c(body));
  return Buffer.concat([length.finish(), sum, body]);
}

/** Reads every frame of an answer to one query. Throws METRICS_REMOTE_READ and RemoteProtocolError for damaged ones. */
export function decodeFrames(body: Uint8Array, visit: (series: ChunkedSeries) => void): void {
  const input = new ProtoReader(body);
  while (input.position < body.length) {
    const length = input.varint();
    const start = input.position + 4;
    if (start + length > body.length) throw damaged('the end of the answer inside a frame');
    const view = new DataView(body.buffer, body.byteOffset + input.position, 4);
    if (view.getUint32(0) !== crc32c(body, start, start + length)) throw damaged('a frame with another sum');
    const message = new ProtoReader(body, start, start + length);
    while (message.next()) {
      if (message.field !== 1 || message.wireType !== 2) {
        message.skip();
        continue;
      }
      const outer = message.enter();
      visit(readSeries(message, body));
      message.leave(outer);
    }
    input.position = start + length;
  }
}

function readSeries(reader: ProtoReader, body: Uint8Array): ChunkedSeries {
  const labelsStart = reader.position;
  let labelsEnd = labelsStart;
  const chunks: PrometheusChunkData[] = [];
  while (reader.next()) {
    if (reader.field === 2 && reader.wireType === 2) {
      const outer = reader.enter();
      chunks.push(readChunk(reader, body));
      reader.leave(outer);
    } else {
      const isLabel = reader.field === 1;
      reader.skip();
      if (isLabel) labelsEnd = reader.position;
    }
  }
  return { labels: labelsOfBytes(body, labelsStart, labelsEnd), chunks };
}

function readChunk(reader: ProtoReader, body: Uint8Array): PrometheusChunkData {
  let minTime = 0;
  let maxTime = 0;
  let encoding = 0;
  let data = new Uint8Array(0);
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === 0) minTime = reader.int64();
    else if (reader.field === 2 && reader.wireType === 0) maxTime = reader.int64();
    else if (reader.field === 3 && reader.wireType === 0) encoding = reader.varint();
    else if (reader.field === 4 && reader.wireType === 2) {
      const { start, end } = reader.range();
      data = body.slice(start, end);
    } else reader.skip();
  }
  return { encoding, minTime, maxTime, data };
}

function damaged(found: string): MetricsServerError {
  return new MetricsServerError(
    'METRICS_REMOTE_READ',
    `expected frames of chunks, found ${found}; the answer may have been cut`,
  );
}
