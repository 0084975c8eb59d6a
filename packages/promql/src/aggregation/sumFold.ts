import type { FloatHistogram } from '@binnacle/model';
import { ABSENT, FLOAT, HISTOGRAM, type Row } from '../engine/row.ts';
import { divideHistogram } from '../histogram/arithmetic.ts';
import { HistogramAccumulator, MixedSchemasError } from '../histogram/accumulator.ts';
import { kahanLost } from '../range/kahan.ts';
import type { Fold, FoldNotes } from './fold.ts';

const SEEN_HISTOGRAM = 2;
const INCOMPATIBLE = 4;
const SEEN_RESET = 8;
const SEEN_NO_RESET = 16;
const INCREMENTAL = 32;

/** sum and avg, of floats or of histograms. A step with both has no result. */
export class SumFold implements Fold {
  readonly bytesPerStep = 25;
  readonly #average: boolean;
  readonly #notes: FoldNotes;
  readonly #sums: Float64Array;
  readonly #lost: Float64Array;
  readonly #counts: Float64Array;
  readonly #flags: Uint8Array;
  readonly #histograms: HistogramAccumulator[] = [];
  readonly #histogramCounts: number[] = [];

  constructor(steps: number, average: boolean, notes: FoldNotes) {
    this.#average = average;
    this.#notes = notes;
    this.#sums = new Float64Array(steps);
    this.#lost = new Float64Array(steps);
    this.#counts = new Float64Array(steps);
    this.#flags = new Uint8Array(steps);
  }

  add(row: Row): void {
    const { kinds, values } = row;
    const sums = this.#sums;
    const lost = this.#lost;
    const counts = this.#counts;
    const flags = this.#flags;
    const average = this.#average;
    for (let step = 0; step < sums.length; step++) {
      if (kinds[step] !== FLOAT) {
        if (kinds[step] === HISTOGRAM) this.#addHistogram(step, row);
        continue;
      }
      const value = values[step]!;
      const count = ++counts[step]!;
      if (count === 1) {
        sums[step] = value;
        continue;
      }
      const before = sums[step]!;
      const after = before + value;
      if (average && (after - after !== 0 || flags[step]! >= INCREMENTAL)) {
        if (this.#overflowed(step, value, count, after)) continue;
      }
      lost[step] = kahanLost(before, lost[step]!, value, after);
      sums[step] = after;
    }
  }

  finish(row: Row): void {
    for (let step = 0; step < row.steps; step++) {
      const flags = this.#flags[step]!;
      const floats = this.#counts[step]!;
      if ((flags & SEEN_HISTOGRAM) === 0) {
        if (floats === 0) row.kinds[step] = ABSENT;
        else row.setFloat(step, this.#float(step, floats, flags));
        continue;
      }
      row.kinds[step] = ABSENT;
      if ((flags & SEEN_RESET) !== 0 && (flags & SEEN_NO_RESET) !== 0) this.#notes.hintCollision();
      if (floats > 0) this.#notes.mixedKinds();
      else if ((flags & INCOMPATIBLE) === 0) this.#finishHistogram(step, row);
    }
  }

  #float(step: number, count: number, flags: number): number {
    const sum = this.#sums[step]!;
    const lost = this.#lost[step]!;
    if ((flags & INCREMENTAL) !== 0) return sum + lost;
    if (!this.#average) return sum + lost;
    return sum / count + lost / count;
  }

  /** Goes on from mean to mean once the sum would be infinite. False when that is not why it is not finite. */
  #overflowed(step: number, value: number, count: number, after: number): boolean {
    if ((this.#flags[step]! & INCREMENTAL) === 0) {
      if (after !== Infinity && after !== -Infinity) return false;
      this.#flags[step]! |= INCREMENTAL;
      this.#sums[step]! /= count - 1;
      this.#lost[step]! /= count - 1;
    }
    this.#addToMean(step, value, count);
    return true;
  }

  #addToMean(step: number, value: number, count: number): void {
    const share = (count - 1) / count;
    const scaled = share * this.#sums[step]!;
    const next = scaled + value / count;
    this.#lost[step] = kahanLost(scaled, share * this.#lost[step]!, value / count, next);
    this.#sums[step] = next;
  }

  #addHistogram(step: number, row: Row): void {
    const histogram = row.histograms[step]!;
    const hint = histogram.counterResetHint;
    this.#flags[step]! |=
      SEEN_HISTOGRAM | (hint === 'reset' ? SEEN_RESET : hint === 'not_reset' ? SEEN_NO_RESET : 0);
    if ((this.#flags[step]! & INCOMPATIBLE) !== 0) return;
    const sum = this.#histograms[step];
    if (sum === undefined) {
      this.#histograms[step] = new HistogramAccumulator(histogram, true);
      this.#histogramCounts[step] = 1;
      return;
    }
    const count = ++this.#histogramCounts[step]!;
    try {
      if (this.#average) this.#histograms[step] = this.#addToAverage(step, sum, histogram, count);
      else if (sum.add(histogram).boundsReconciled) this.#notes.boundsReconciled();
    } catch (error) {
      if (!(error instanceof MixedSchemasError)) throw error;
      this.#notes.mixedSchemas();
      this.#flags[step]! |= INCOMPATIBLE;
    }
  }

  /** A sum until a count overflows; from then on it is a mean, and goes on from mean to mean. */
  #addToAverage(
    step: number,
    sum: HistogramAccumulator,
    histogram: FloatHistogram,
    count: number,
  ): HistogramAccumulator {
    if ((this.#flags[step]! & INCREMENTAL) === 0) {
      const next = sum.copy();
      if (next.add(histogram).boundsReconciled) this.#notes.boundsReconciled();
      if (!next.overflows) return next;
      this.#flags[step]! |= INCREMENTAL;
      sum.divide(count - 1);
    }
    sum.multiply((count - 1) / count);
    if (sum.add(divideHistogram(histogram, count)).boundsReconciled) this.#notes.boundsReconciled();
    return sum;
  }

  #finishHistogram(step: number, row: Row): void {
    const sum = this.#histograms[step]!;
    if (this.#average && (this.#flags[step]! & INCREMENTAL) === 0) {
      sum.divide(this.#histogramCounts[step]!);
    }
    row.setHistogram(step, sum.finish());
  }
}
