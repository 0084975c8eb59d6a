import type { FloatHistogram, Labels } from '@binnacle/model';
import type { Clock } from '@binnacle/service-discovery';
import { TsdbError } from '@binnacle/tsdb';
import { ApiError, messageOf } from '../errors.ts';
import type { MetadataStore } from '../metadataStore.ts';
import { MAX_AHEAD_MS, type Storage, type WriteBatch } from '../storage.ts';
import { decodeOtlp } from './decodeOtlp.ts';
import type { OtlpRequest } from './otlpRequest.ts';
import { translateOtlp, type OtlpSink } from './translateOtlp.ts';

/** What became of a request. */
export interface OtlpOutcome {
  readonly stored: number;
  /** Points that were left out, with the reason; undefined when there are none. */
  readonly rejected: { readonly points: number; readonly reason: string } | undefined;
}

export interface OtlpReceiverOptions {
  readonly storage: Storage;
  readonly metadata: MetadataStore;
  readonly clock: Clock;
  /** Samples are stored with the time at which their counter began to count. */
  readonly storesStarts: boolean;
  readonly promoted: () => ReadonlySet<string>;
}

const METADATA_SOURCE = 'otlp';

/** Takes OTLP metrics. */
export class OtlpReceiver implements OtlpSink {
  readonly #options: OtlpReceiverOptions;
  readonly #batch: WriteBatch;
  #maxMs = 0;
  #ahead = 0;

  constructor(options: OtlpReceiverOptions) {
    this.#options = options;
    this.#batch = options.storage.batch();
  }

  /** Stores a request. Throws RemoteProtocolError and bad_data for bodies that cannot be read. */
  write(body: Uint8Array, isJson: boolean): OtlpOutcome {
    const request = isJson ? parseJson(body) : decodeOtlp(body);
    const { promoted, clock } = this.#options;
    this.#maxMs = clock.now() + MAX_AHEAD_MS;
    this.#ahead = 0;
    let deltas: number;
    try {
      deltas = translateOtlp(request, this, { promoted: promoted(), nowMs: clock.now() });
    } catch (error) {
      this.#batch.rollback();
      if (error instanceof ApiError) throw error;
      if (error instanceof TsdbError && error.code === 'TSDB_LIMIT') {
        throw new ApiError('unavailable', error.message, { cause: error });
      }
      throw new ApiError('bad_data', `expected an OTLP metrics request: ${messageOf(error)}`, {
        cause: error,
      });
    }
    const { stored, refused } = this.#batch.commit();
    const ahead = this.#ahead;
    const reasons = [
      ...(deltas > 0 ? [`${deltas} points have delta temporality; send cumulative ones`] : []),
      ...(ahead > 0 ? [`${ahead} samples are more than 10 minutes ahead of the clock`] : []),
      ...(refused > 0 ? [`${refused} samples are out of order or duplicates`] : []),
    ];
    const rejected =
      reasons.length === 0 ? undefined : { points: deltas + refused + ahead, reason: reasons.join('; ') };
    return { stored, rejected };
  }

  sample(labels: Labels, timeMs: number, value: number, startMs: number): void {
    if (this.#isAhead(timeMs)) return;
    const { storage, storesStarts } = this.#options;
    this.#batch.append(storage.getOrCreateSeries(labels), timeMs, value, storesStarts ? startMs : 0);
  }

  stale(labels: Labels, timeMs: number): void {
    if (this.#isAhead(timeMs)) return;
    this.#batch.appendStale(this.#options.storage.getOrCreateSeries(labels), timeMs);
  }

  histogram(labels: Labels, timeMs: number, histogram: FloatHistogram, startMs: number): void {
    if (this.#isAhead(timeMs)) return;
    const { storage, storesStarts } = this.#options;
    const options = storesStarts ? { startTimestampMs: startMs } : {};
    this.#batch.appendHistogram(storage.getOrCreateSeries(labels), timeMs, histogram, options);
  }

  #isAhead(timeMs: number): boolean {
    if (timeMs <= this.#maxMs) return false;
    this.#ahead++;
    return true;
  }

  metadata(family: string, type: string, help: string, unit: string): void {
    const { metadata } = this.#options;
    metadata.set(METADATA_SOURCE, family, 'type', type);
    metadata.set(METADATA_SOURCE, family, 'help', help);
    metadata.set(METADATA_SOURCE, family, 'unit', unit);
  }
}

function parseJson(body: Uint8Array): OtlpRequest {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as OtlpRequest;
  } catch (error) {
    throw new ApiError('bad_data', `expected JSON: ${messageOf(error)}`, { cause: error });
  }
}
