import { LabelsBuilder, Matcher, METRIC_NAME, type Labels } from '@binnacle/model';
import { createSampleBuffer, type SampleBuffer } from '@binnacle/promql';
import type { OutgoingSeries } from '@binnacle/remote-protocol';
import { relabel } from '@binnacle/service-discovery';
import type { MetadataStore } from '../metadataStore.ts';
import type { Storage } from '../storage.ts';
import type { Arrivals } from './arrivals.ts';
import type { RemoteWriteConfig } from './remoteWriteConfig.ts';

/** What is read, and how it leaves. */
export interface OutgoingOptions {
  readonly storage: Storage;
  readonly metadata: MetadataStore;
  readonly config: RemoteWriteConfig;
  readonly externalLabels: Labels;
}

/**
 * Every sample of a span of time, `fromMs` excluded, in requests of at most `maxSamplesPerSend`. Metric by metric, so
 * that other work gets its turn in between. A series is in one request only, unless it alone has more samples.
 */
export function* outgoingBatches(
  options: OutgoingOptions,
  fromMs: number,
  toMs: number,
): IterableIterator<OutgoingSeries[]> {
  const { storage, config } = options;
  const range = { minMs: fromMs + 1, maxMs: toMs };
  const buffer = createSampleBuffer();
  const batch = new GrowingBatch(config.maxSamplesPerSend);
  for (const name of storage.labelValues(METRIC_NAME, [], range)) {
    const set = storage.select([new Matcher('=', METRIC_NAME, name)], range);
    for (let i = 0; i < set.length; i++) {
      set.read(i, buffer);
      if (buffer.length === 0) continue;
      const labels = outgoingLabels(set.labels(i), options);
      if (labels === undefined) continue;
      yield* batch.add(outgoingSeries(labels, buffer, options), buffer.length);
    }
  }
  yield* batch.rest();
}

/**
 * What a sender has noted beside its way through time: late samples, and exemplars that came before a time. In requests
 * like those of `outgoingBatches`.
 */
export function* arrivedBatches(
  options: OutgoingOptions,
  arrivals: Arrivals,
  beforeMs: number,
): IterableIterator<OutgoingSeries[]> {
  const { storage, config } = options;
  const batch = new GrowingBatch(config.maxSamplesPerSend);
  for (const [ref, buffer] of arrivals.takeSamples()) {
    const stored = storage.labelsOf(ref);
    const labels = stored === undefined ? undefined : outgoingLabels(stored, options);
    if (labels === undefined) continue;
    yield* batch.add(outgoingSeries(labels, buffer, options), buffer.length);
  }
  for (const { seriesLabels, labels, value, timestampMs } of arrivals.takeExemplars(beforeMs)) {
    const outgoing = outgoingLabels(seriesLabels, options);
    if (outgoing === undefined) continue;
    const exemplars = [{ labels, value, timestampMs }];
    yield* batch.add({ labels: outgoing, timestamps: NO_FLOATS, values: NO_FLOATS, exemplars }, 1);
  }
  yield* batch.rest();
}

/** Series that become a request once they have as many samples, or exemplars, as one may have. */
class GrowingBatch {
  readonly #most: number;
  #series: OutgoingSeries[] = [];
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  *add(series: OutgoingSeries | undefined, size: number): IterableIterator<OutgoingSeries[]> {
    if (series === undefined) return;
    this.#series.push(series);
    this.#size += size;
    if (this.#size >= this.#most) yield* this.rest();
  }

  *rest(): IterableIterator<OutgoingSeries[]> {
    const series = this.#series;
    this.#series = [];
    this.#size = 0;
    if (series.length > 0) yield series;
  }
}

const NO_FLOATS = new Float64Array(0);

function outgoingLabels(labels: Labels, { externalLabels, config }: OutgoingOptions): Labels | undefined {
  const builder = new LabelsBuilder(labels);
  for (const [name, value] of externalLabels) if (!labels.has(name)) builder.set(name, value);
  return relabel(builder.build(), config.relabels);
}

function outgoingSeries(
  labels: Labels,
  { length, timestamps, values, histograms, startTimestamps: starts }: SampleBuffer,
  { config, metadata }: OutgoingOptions,
): OutgoingSeries | undefined {
  const known = config.version === 2 ? metadata.find(labels.get(METRIC_NAME)) : undefined;
  const about = known === undefined ? {} : { metadata: known };
  if (histograms === undefined) {
    return {
      labels,
      timestamps: timestamps.slice(0, length),
      values: values.slice(0, length),
      ...(starts !== undefined && { startTimestamps: starts.slice(0, length) }),
      ...about,
    };
  }
  const all = Array.from({ length }, (_, i) => i);
  const floats = all.filter((i) => histograms[i] === undefined);
  const sent = config.sendHistograms ? all.filter((i) => histograms[i] !== undefined) : [];
  if (floats.length + sent.length === 0) return undefined;
  const bits = new BigUint64Array(values.buffer, values.byteOffset, length);
  const floatBits = BigUint64Array.from(floats, (i) => bits[i]!);
  return {
    labels,
    timestamps: Float64Array.from(floats, (i) => timestamps[i]!),
    values: new Float64Array(floatBits.buffer),
    ...(starts !== undefined && { startTimestamps: Float64Array.from(floats, (i) => starts[i]!) }),
    histograms: sent.map((i) => ({
      histogram: histograms[i],
      timestampMs: timestamps[i]!,
      startTimestampMs: starts?.[i] ?? 0,
    })),
    ...about,
  };
}
