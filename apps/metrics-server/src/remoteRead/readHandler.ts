import { LabelsBuilder, type Labels, type Matcher } from '@binnacle/model';
import { createSampleBuffer } from '@binnacle/promql';
import {
  compress,
  decodeReadRequest,
  decompress,
  encodeReadResponse,
  type ReadQuery,
  type ReadSeries,
} from '@binnacle/remote-protocol';
import { createStoredBuffer, encodeChunks, type PrometheusChunkData } from '@binnacle/tsdb';
import { ApiError } from '../errors.ts';
import type { Storage } from '../storage.ts';
import { encodeFrame } from './chunkedResponse.ts';

export interface ReadHandlerOptions {
  readonly storage: Storage;
  readonly externalLabels: () => Labels;
  readonly maxBodyBytes: number;
  /** Of answers with raw samples; 0 is no limit. */
  readonly sampleLimit: number;
  /** A frame of chunks ends when it has this much. */
  readonly maxFrameBytes: number;
}

/** An answer: raw samples, compressed by snappy, or frames of chunks for those who take them. */
export type ReadAnswer =
  | { readonly kind: 'samples'; readonly body: Uint8Array }
  | { readonly kind: 'chunks'; readonly frames: Iterable<Buffer> };

/** Answers a remote read request. Frames are made while they are read. */
export function answerRead(body: Uint8Array, options: ReadHandlerOptions): ReadAnswer {
  const request = decodeReadRequest(decompress(body, options.maxBodyBytes));
  if (request.acceptsChunks) return { kind: 'chunks', frames: framesOf(request.queries, options) };
  return { kind: 'samples', body: samplesOf(request.queries, options) };
}

function* framesOf(
  queries: readonly ReadQuery[],
  { storage, externalLabels, maxFrameBytes }: ReadHandlerOptions,
): IterableIterator<Buffer> {
  const external = externalLabels();
  const buffer = createStoredBuffer();
  for (const [queryIndex, { matchers, startMs, endMs }] of queries.entries()) {
    const set = storage.selectStored(withoutExternal(matchers, external), { minMs: startMs, maxMs: endMs });
    for (let i = 0; i < set.length; i++) {
      set.readStored(i, buffer);
      if (buffer.length === 0) continue;
      const labels = withExternal(set.labels(i), external);
      let chunks: PrometheusChunkData[] = [];
      let sizeBytes = 0;
      for (const chunk of encodeChunks(buffer)) {
        chunks.push(chunk);
        sizeBytes += chunk.data.length;
        if (sizeBytes < maxFrameBytes) continue;
        yield encodeFrame({ labels, chunks }, queryIndex);
        chunks = [];
        sizeBytes = 0;
      }
      if (chunks.length > 0) yield encodeFrame({ labels, chunks }, queryIndex);
    }
  }
}

function samplesOf(queries: readonly ReadQuery[], options: ReadHandlerOptions): Uint8Array {
  const budget = { left: options.sampleLimit === 0 ? Infinity : options.sampleLimit };
  return compress(encodeReadResponse(queries.map((query) => answerQuery(query, options, budget))));
}

function answerQuery(
  query: ReadQuery,
  { storage, externalLabels, sampleLimit }: ReadHandlerOptions,
  budget: { left: number },
): ReadSeries[] {
  const external = externalLabels();
  const matchers = withoutExternal(query.matchers, external);
  const set = storage.select(matchers, { minMs: query.startMs, maxMs: query.endMs });
  const buffer = createSampleBuffer();
  const series: ReadSeries[] = [];
  for (let i = 0; i < set.length; i++) {
    set.read(i, buffer);
    const { length, timestamps, values, histograms } = buffer;
    if (length === 0) continue;
    budget.left -= length;
    if (budget.left < 0) {
      throw new ApiError(
        'bad_data',
        `exceeded sample limit (${sampleLimit}); narrow the query, or raise --storage.remote.read-sample-limit`,
      );
    }
    const labels = withExternal(set.labels(i), external);
    if (histograms === undefined) {
      series.push({ labels, timestamps: timestamps.slice(0, length), values: values.slice(0, length) });
      continue;
    }
    const floats = Array.from({ length }, (_, at) => at).filter((at) => histograms[at] === undefined);
    series.push({
      labels,
      timestamps: Float64Array.from(floats, (at) => timestamps[at]!),
      values: Float64Array.from(floats, (at) => values[at]!),
      histograms: Array.from({ length }, (_, at) => at)
        .filter((at) => histograms[at] !== undefined)
        .map((at) => ({ histogram: histograms[at], timestampMs: timestamps[at]!, startTimestampMs: 0 })),
    });
  }
  return series;
}

/** Matchers on external labels ask which server this is, not what it stores. */
function withoutExternal(matchers: readonly Matcher[], external: Labels): readonly Matcher[] {
  return matchers.filter(
    ({ type, name, value }) => !(type === '=' && external.has(name) && external.get(name) === value),
  );
}

function withExternal(labels: Labels, external: Labels): Labels {
  if (external.size === 0) return labels;
  const builder = new LabelsBuilder(labels);
  for (const [name, value] of external) if (!labels.has(name)) builder.set(name, value);
  return builder.build();
}
