import { SAMPLE_STATUS, type SampleStatus } from '../head/sampleStatus.ts';

/** A scrape of some targets, as property tests have a store and its model take it; a start of 0 is none. */
export interface ScrapeOp {
  readonly kind: 'scrape';
  readonly targets: readonly number[];
  readonly advanceMs: number;
  readonly start: number;
}

/** A sample out of order. */
export interface LateOp {
  readonly kind: 'late';
  readonly series: number;
  readonly backMs: number;
  readonly value: number;
  readonly start: number;
}

/** What the store promises, in the simplest form: a map of times for each series. For tests. */
export class ModelStore {
  /** By series: time to what was stored, in no order. */
  readonly series = new Map<string, Map<number, ModelSample>>();
  readonly #newest = new Map<string, ModelSample>();
  readonly #outOfOrderWindowMs: number;
  readonly #rangeMs: number;
  maxTime = -Infinity;
  minValidTime = -Infinity;

  constructor(outOfOrderWindowMs: number, rangeMs: number) {
    this.#outOfOrderWindowMs = outOfOrderWindowMs;
    this.#rangeMs = rangeMs;
  }

  /** Prometheus's rules for one batch. */
  append(batch: readonly ModelSample[]): SampleStatus[] {
    if (batch.length === 0) return [];
    if (this.maxTime === -Infinity) this.maxTime = batch[0]!.time;
    const maxTime = this.maxTime;
    const minValid = Math.max(this.minValidTime, maxTime - this.#rangeMs / 2);
    return batch.map((sample) => {
      const { key, time, words } = sample;
      const status = this.#judge(key, time, words, minValid, maxTime);
      if (status !== SAMPLE_STATUS.accepted) return status;
      this.maxTime = Math.max(this.maxTime, time);
      const samples = this.series.get(key) ?? new Map<number, ModelSample>();
      this.series.set(key, samples);
      if (!samples.has(time)) samples.set(time, sample);
      if (time > (this.#newest.get(key)?.time ?? -Infinity) && time >= minValid) {
        this.#newest.set(key, sample);
        samples.set(time, sample);
      }
      return status;
    });
  }

  /** Forgets that a series has a newest sample, as a store does that has freed it. */
  forget(key: string): void {
    this.#newest.delete(key);
  }

  delete(key: string, fromMs: number, toMs: number): void {
    const samples = this.series.get(key);
    for (const time of samples?.keys() ?? []) if (time >= fromMs && time <= toMs) samples!.delete(time);
  }

  /** Samples of a series inside a range, ordered. */
  read(key: string, minMs: number, maxMs: number): { times: number[]; words: number[]; starts: number[] } {
    const found = [...(this.series.get(key) ?? [])]
      .filter(([time]) => time >= minMs && time <= maxMs)
      .sort((a, b) => a[0] - b[0]);
    return {
      times: found.map(([time]) => time),
      words: found.flatMap(([, { words }]) => words),
      starts: found.map(([, { start = 0 }]) => start),
    };
  }

  #judge(
    key: string,
    time: number,
    words: readonly [number, number],
    minValid: number,
    maxTime: number,
  ): SampleStatus {
    const newest = this.#newest.get(key);
    if (time >= minValid) {
      if (newest === undefined || time > newest.time) return SAMPLE_STATUS.accepted;
      if (time === newest.time) {
        const isSame = newest.words[0] === words[0] && newest.words[1] === words[1];
        return isSame ? SAMPLE_STATUS.duplicate : SAMPLE_STATUS.duplicateOfOtherValue;
      }
    }
    if (this.#outOfOrderWindowMs > 0) {
      return time >= maxTime - this.#outOfOrderWindowMs ? SAMPLE_STATUS.accepted : SAMPLE_STATUS.tooOld;
    }
    return time < minValid ? SAMPLE_STATUS.outOfBounds : SAMPLE_STATUS.outOfOrder;
  }
}

export interface ModelSample {
  readonly key: string;
  readonly time: number;
  readonly words: readonly [number, number];
  /** When its counter started, 0 when unknown. */
  readonly start?: number;
}
