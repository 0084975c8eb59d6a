import { METRIC_NAME } from '@binnacle/model';
import { decodeWriteV1, decodeWriteV2, decompress, WriteBatch } from '@binnacle/remote-protocol';
import type { Clock } from '@binnacle/service-discovery';
import { SAMPLE_STATUS, TsdbError } from '@binnacle/tsdb';
import { ApiError } from '../errors.ts';
import type { MetadataStore } from '../metadataStore.ts';
import { MAX_AHEAD_MS, type Storage, type WriteBatch as StorageBatch } from '../storage.ts';
import { ResetHints } from './resetHints.ts';

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
  readonly clock: Clock;
  readonly maxBodyBytes: number;
  readonly exemplarStorage: boolean;
  readonly onOutcome: (outcome: WriteOutcome) => void;
}

const METADATA_SOURCE = 'remote write';
/** The bytes of `name: "__name__"` inside a label: most series have it first. */
const NAME_FIELD = Buffer.from('\n\b__name__', 'latin1');

/** Takes remote write requests, 1.0 and 2.0. */
export class RemoteWriteReceiver {
  readonly #options: ReceiverOptions;
  readonly #decoded = new WriteBatch();
  readonly #batch: StorageBatch;
  readonly #hints = new ResetHints();

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
    const outcome = this.#store(version);
    this.#options.onOutcome(outcome);
    return outcome;
  }

  #store(version: 1 | 2): WriteOutcome {
    const decoded = this.#decoded;
    const batch = this.#batch;
    const refs = new Float64Array(decoded.seriesCount);
    const maxMs = this.#options.clock.now() + MAX_AHEAD_MS;
    let ahead = 0;
    let floats = 0;
    try {
      for (let series = 0; series < decoded.seriesCount; series++) {
        refs[series] = version === 1 ? this.#refOfBytes(series) : this.#refOfLabels(series);
      }
      ahead = this.#appendByTime(refs, maxMs);
      floats = batch.length;
      for (const { series, histogram, timestampMs, startTimestampMs } of decoded.histograms) {
        if (timestampMs > maxMs) ahead++;
        else if (histogram === undefined) {
          this.#hints.ended(refs[series]!);
          batch.appendStale(refs[series]!, timestampMs);
        } else {
          const hinted = this.#hints.hinted(refs[series]!, timestampMs, histogram);
          const options = startTimestampMs === 0 ? {} : { startTimestampMs };
          batch.appendHistogram(refs[series]!, timestampMs, hinted, options);
        }
      }
      if (this.#options.exemplarStorage) {
        for (const { series, labels, value, timestampMs } of decoded.exemplars) {
          batch.appendExemplar(decoded.labels(series), labels, value, timestampMs);
        }
      }
    } catch (error) {
      batch.rollback();
      this.#hints.forget();
      throw toApiError(error);
    }
    const { statuses } = batch.commit();
    this.#noteMetadata();
    return outcomeOf(statuses, floats, ahead, decoded.exemplars.length);
  }

  /**
   * The first sample of every series, then the second: series whose times agree then share them in the store. Returns
   * how many samples were left out because they are later than `maxMs`.
   */
  #appendByTime(refs: Float64Array, maxMs: number): number {
    const { timestamps, sampleEnd, values, startTimestamps, hasStartTimestamps } = this.#decoded;
    const words = new Uint32Array(values.buffer);
    const pending = Uint32Array.from(refs, (_, series) => series);
    let count = pending.length;
    let ahead = 0;
    for (let round = 0; count > 0; round++) {
      let kept = 0;
      for (let i = 0; i < count; i++) {
        const series = pending[i]!;
        const at = (series === 0 ? 0 : sampleEnd[series - 1]!) + round;
        if (at >= sampleEnd[series]!) continue;
        if (timestamps[at]! > maxMs) ahead++;
        else {
          this.#hints.ended(refs[series]!);
          const startMs = hasStartTimestamps ? startTimestamps[at]! : 0;
          this.#batch.appendBits(refs[series]!, timestamps[at]!, words[2 * at]!, words[2 * at + 1]!, startMs);
        }
        pending[kept++] = series;
      }
      count = kept;
    }
    return ahead;
  }

  #refOfBytes(series: number): number {
    const { body, labelStart, labelEnd } = this.#decoded;
    const nameAt = labelStart[series]! + 2;
    for (let i = 0; i < NAME_FIELD.length; i++) {
      if (body[nameAt + i] !== NAME_FIELD[i]) return this.#refOfLabels(series);
    }
    return this.#options.storage.getOrCreateSeriesFromBytes(body, labelStart[series]!, labelEnd[series]!);
  }

  #refOfLabels(series: number): number {
    const labels = this.#decoded.labels(series);
    if (labels.get(METRIC_NAME) === '') {
      throw new ApiError('bad_data', `invalid metric name or labels, got '${labels.toString()}'`);
    }
    return this.#options.storage.getOrCreateSeries(labels);
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

/** What the store says of input that is not valid; damaged bytes of labels are among it. */
const BAD_INPUT: ReadonlySet<string> = new Set([
  'TSDB_BAD_LABELS',
  'TSDB_BAD_HISTOGRAM',
  'TSDB_CORRUPT_CHUNK',
]);

/** Senders give up on what is bad and try again later when the store is full. */
function toApiError(error: unknown): unknown {
  if (!(error instanceof TsdbError)) return error;
  if (error.code === 'TSDB_LIMIT') return new ApiError('unavailable', error.message, { cause: error });
  return BAD_INPUT.has(error.code) ? new ApiError('bad_data', error.message, { cause: error }) : error;
}

const REASONS: Readonly<Record<number, string>> = {
  [SAMPLE_STATUS.duplicateOfOtherValue]: 'duplicate sample for timestamp',
  [SAMPLE_STATUS.outOfOrder]: 'out of order sample',
  [SAMPLE_STATUS.outOfBounds]: 'out of bounds',
  [SAMPLE_STATUS.tooOld]: 'too old sample',
};

/** `floats` samples come first, then histograms; `ahead` were not tried at all. */
function outcomeOf(statuses: Uint8Array, floats: number, ahead: number, exemplars: number): WriteOutcome {
  const counts = new Map<string, number>();
  const total = statuses.length + ahead;
  if (ahead > 0) counts.set('out of bounds: more than 10 minutes ahead of the clock', ahead);
  let samples = 0;
  let histograms = 0;
  for (let i = 0; i < statuses.length; i++) {
    const reason = REASONS[statuses[i]!];
    if (reason !== undefined) counts.set(reason, (counts.get(reason) ?? 0) + 1);
    else if (i < floats) samples++;
    else histograms++;
  }
  const refused = [...counts].map(([reason, count]) => `${reason} (${count} of ${total} samples)`);
  return {
    samples,
    histograms,
    exemplars,
    refused: refused.length === 0 ? undefined : refused.join('; '),
  };
}
