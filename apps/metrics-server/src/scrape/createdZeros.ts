import { NO_BUCKETS, type FloatHistogram } from '@binnacle/model';
import type { Storage, WriteBatch } from '../storage.ts';

/**
 * Zeros at the times when counters began to count, so that `rate` and `increase` see what was counted before the first
 * scrape. Each beginning of a series is noted once; a time that its samples have passed by already gets none.
 */
export class CreatedZeros {
  readonly #storage: Storage;
  readonly #batch: WriteBatch;
  /** By entry of the target's series. */
  readonly #created = new Map<number, number>();
  readonly #histograms = new Map<number, FloatHistogram>();
  #pending: number[] = [];

  constructor(storage: Storage) {
    this.#storage = storage;
    this.#batch = storage.batch();
  }

  note(entry: number, createdMs: number): void {
    if (this.#created.get(entry) === createdMs) return;
    this.#created.set(entry, createdMs);
    this.#pending.push(entry);
  }

  /** The series is one of histograms: its zero looks like this one. */
  noteHistogram(entry: number, histogram: FloatHistogram): void {
    this.#histograms.set(entry, histogram);
  }

  forget(entry: number): void {
    this.#created.delete(entry);
    this.#histograms.delete(entry);
  }

  /** Stores the zeros of a scrape, ahead of its samples. `refOf` gives the references of series that the scrape has. */
  commit(scrapeMs: number, refOf: (entry: number) => number | undefined): void {
    const pending = this.#pending;
    if (pending.length === 0) return;
    this.#pending = [];
    for (const entry of pending) {
      const createdMs = this.#created.get(entry);
      const ref = refOf(entry);
      if (createdMs === undefined || ref === undefined) continue;
      if (createdMs >= scrapeMs || createdMs <= this.#storage.lastTimeOf(ref)) continue;
      const histogram = this.#histograms.get(entry);
      if (histogram === undefined) this.#batch.append(ref, createdMs, 0);
      else this.#batch.appendHistogram(ref, createdMs, emptyLike(histogram));
    }
    // One that is older than what the store takes is refused, as it should be.
    this.#batch.commit();
  }
}

function emptyLike(histogram: FloatHistogram): FloatHistogram {
  return {
    ...histogram,
    count: 0,
    sum: 0,
    zeroCount: 0,
    positiveSpans: [],
    negativeSpans: [],
    positiveBuckets: NO_BUCKETS,
    negativeBuckets: NO_BUCKETS,
    counterResetHint: 'reset',
  };
}
