import { METRIC_NAME, type Labels } from '@binnacle/model';
import { decodeWriteV1, decodeWriteV2, decompress, WriteBatch } from '@binnacle/remote-protocol';
import { SAMPLE_STATUS, TsdbError } from '@binnacle/tsdb';
import { ApiError } from '../errors.ts';
import type { MetadataStore } from '../metadataStore.ts';
import type { Storage, WriteBatch as StorageBatch } from '../storage.ts';
import { LabelCache } from './labelCache.ts';

/** What a request left in the store. */
export interface WriteOutcome {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
  /** What was refused, in Prometheus's words; undefined when nothing was. */
  readonly refused: string | undefined;
}

export interface ReceiverOptions {
  readonly storage: Storage;
  readonly metadata: MetadataStore;
  readonly maxBodyBytes: number;
  readonly exemplarStorage: boolean;
  readonly onOutcome: (outcome: WriteOutcome) => void;
}

const METADATA_SOURCE = 'remote write';
const MAX_CACHED_SERIES = 4_000_000;

/** Takes remote write requests, 1.0 and 2.0. */
export class RemoteWriteReceiver {
  readonly #options: ReceiverOptions;
  readonly #decoded = new WriteBatch();
  readonly #batch: StorageBatch;
  readonly #cache = new LabelCache(MAX_CACHED_SERIES);

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#batch = options.storage.batch();
  }

  /**
   * Stores one request. Everything that can be stored is, also when something else is refused. Throws
   * RemoteProtocolError for a body that cannot be read and bad_data for labels that are not valid.
   */
  write(body: Uint8Array, version: 1 | 2): WriteOutcome {
    const decoded = this.#decoded;
    const bytes = decompress(body, this.#options.maxBodyBytes);
    if (version === 1) decodeWriteV1(bytes, decoded);
    else decodeWriteV2(bytes, decoded);
    let outcome = this.#store(version);
    // References of the cache may be of series that the store has let go of since.
    if (outcome === 'unknown-series') {
      this.#cache.clear();
      outcome = this.#store(version);
    }
    if (outcome === 'unknown-series') throw new Error('the store forgot a series while it was written');
    this.#options.onOutcome(outcome);
    return outcome;
  }

  #store(version: 1 | 2): WriteOutcome | 'unknown-series' {
    const decoded = this.#decoded;
    const batch = this.#batch;
    const { timestamps, sampleEnd } = decoded;
    const words = new Uint32Array(decoded.values.buffer);
    const refs = new Float64Array(decoded.seriesCount);
    try {
      for (let series = 0, at = 0; series < decoded.seriesCount; series++) {
        const ref = version === 1 ? this.#cachedRef(series) : this.#ref(series);
        refs[series] = ref;
        for (const end = sampleEnd[series]!; at < end; at++) {
          batch.appendBits(ref, timestamps[at]!, words[2 * at]!, words[2 * at + 1]!);
        }
      }
      for (const { series, histogram, timestampMs } of decoded.histograms) {
        if (histogram === undefined) batch.appendStale(refs[series]!, timestampMs);
        else batch.appendHistogram(refs[series]!, timestampMs, histogram);
      }
      if (this.#options.exemplarStorage) {
        for (const { series, labels, value, timestampMs } of decoded.exemplars) {
          batch.appendExemplar(decoded.labels(series), labels, value, timestampMs);
        }
      }
    } catch (error) {
      batch.rollback();
      if (error instanceof TsdbError && error.code === 'TSDB_LIMIT')
        throw new ApiError('unavailable', error.message);
      throw error;
    }
    const { statuses, refused } = batch.commit();
    if (refused > 0 && statuses.includes(SAMPLE_STATUS.unknownSeries)) return 'unknown-series';
    this.#noteMetadata();
    return outcomeOf(statuses, decoded);
  }

  #cachedRef(series: number): number {
    const { body, labelStart, labelEnd } = this.#decoded;
    this.#cache.hash(body, labelStart[series]!, labelEnd[series]!);
    const known = this.#cache.get();
    if (known >= 0) return known;
    const ref = this.#ref(series);
    this.#cache.set(ref);
    return ref;
  }

  #ref(series: number): number {
    const labels = this.#decoded.labels(series);
    checkLabels(labels);
    return this.#options.storage.ref(labels);
  }

  #noteMetadata(): void {
    const { metadata } = this.#options;
    for (const { family, type, help, unit } of this.#decoded.metadata) {
      metadata.set(METADATA_SOURCE, family, 'type', type);
      metadata.set(METADATA_SOURCE, family, 'help', help);
      metadata.set(METADATA_SOURCE, family, 'unit', unit);
    }
  }
}

function checkLabels(labels: Labels): void {
  if (labels.get(METRIC_NAME) === '') {
    throw new ApiError('bad_data', `invalid metric name or labels, got '${labels.toString()}'`);
  }
}

const REASONS: Readonly<Record<number, string>> = {
  [SAMPLE_STATUS.duplicateOfOtherValue]: 'duplicate sample for timestamp',
  [SAMPLE_STATUS.outOfOrder]: 'out of order sample',
  [SAMPLE_STATUS.outOfBounds]: 'out of bounds',
  [SAMPLE_STATUS.tooOld]: 'too old sample',
};

function outcomeOf(statuses: Uint8Array, decoded: WriteBatch): WriteOutcome {
  const counts = new Map<string, number>();
  let samples = 0;
  let histograms = 0;
  for (let i = 0; i < statuses.length; i++) {
    const reason = REASONS[statuses[i]!];
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    else if (i < decoded.sampleCount) samples++;
    else histograms++;
  }
  const refused = [...counts].map(([reason, count]) => `${reason} (${count} of ${statuses.length} samples)`);
  return {
    samples,
    histograms,
    exemplars: decoded.exemplars.length,
    refused: refused.length === 0 ? undefined : refused.join('; '),
  };
}
