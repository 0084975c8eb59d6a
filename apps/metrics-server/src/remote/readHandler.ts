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
import { ApiError } from '../errors.ts';
import type { Storage } from '../storage.ts';

export interface ReadHandlerOptions {
  readonly storage: Storage;
  readonly externalLabels: () => Labels;
  readonly maxBodyBytes: number;
  /** 0 is no limit. */
  readonly sampleLimit: number;
}

/** Answers a remote read request, snappy on both sides, with raw samples. */
export function answerRead(body: Uint8Array, options: ReadHandlerOptions): Uint8Array {
  const { queries } = decodeReadRequest(decompress(body, options.maxBodyBytes));
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
