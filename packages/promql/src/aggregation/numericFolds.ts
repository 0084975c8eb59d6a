import { ABSENT, FLOAT, HISTOGRAM, type Row } from '../engine/row.ts';
import type { Fold, FoldNotes } from './fold.ts';

/** Counts values of either kind; `group` gives 1 where there are some. */
export class CountFold implements Fold {
  readonly bytesPerStep = 8;
  readonly #counts: Float64Array;
  readonly #onlyPresence: boolean;

  constructor(steps: number, onlyPresence: boolean) {
    this.#counts = new Float64Array(steps);
    this.#onlyPresence = onlyPresence;
  }

  add(row: Row): void {
    const counts = this.#counts;
    const { kinds } = row;
    for (let step = 0; step < counts.length; step++) if (kinds[step] !== ABSENT) counts[step]!++;
  }

  finish(row: Row): void {
    const counts = this.#counts;
    for (let step = 0; step < counts.length; step++) {
      if (counts[step] === 0) row.kinds[step] = ABSENT;
      else row.setFloat(step, this.#onlyPresence ? 1 : counts[step]!);
    }
  }
}

/** The greatest (`sign` 1) or least (-1) float; NaN only if there is nothing else. */
export class ExtremeFold implements Fold {
  readonly bytesPerStep = 9;
  readonly #best: Float64Array;
  readonly #seen: Uint8Array;
  readonly #sign: 1 | -1;
  readonly #notes: FoldNotes;

  constructor(steps: number, sign: 1 | -1, notes: FoldNotes) {
    this.#best = new Float64Array(steps);
    this.#seen = new Uint8Array(steps);
    this.#sign = sign;
    this.#notes = notes;
  }

  add(row: Row): void {
    const best = this.#best;
    const seen = this.#seen;
    const sign = this.#sign;
    const { kinds, values } = row;
    for (let step = 0; step < best.length; step++) {
      if (kinds[step] !== FLOAT) {
        if (kinds[step] === HISTOGRAM) this.#notes.ignoredHistogram();
        continue;
      }
      const value = values[step]!;
      const leader = best[step]!;
      if (seen[step] === 0 || sign * value > sign * leader || leader !== leader) best[step] = value;
      seen[step] = 1;
    }
  }

  finish(row: Row): void {
    row.values.set(this.#best);
    row.kinds.set(this.#seen);
  }
}

/** Variance or standard deviation of floats (Welford). */
export class VarianceFold implements Fold {
  readonly bytesPerStep = 24;
  readonly #counts: Float64Array;
  readonly #means: Float64Array;
  readonly #sums: Float64Array;
  readonly #root: boolean;
  readonly #notes: FoldNotes;

  constructor(steps: number, root: boolean, notes: FoldNotes) {
    this.#counts = new Float64Array(steps);
    this.#means = new Float64Array(steps);
    this.#sums = new Float64Array(steps);
    this.#root = root;
    this.#notes = notes;
  }

  add(row: Row): void {
    const { kinds, values } = row;
    for (let step = 0; step < kinds.length; step++) {
      if (kinds[step] !== FLOAT) {
        if (kinds[step] === HISTOGRAM) this.#notes.ignoredHistogram();
        continue;
      }
      const value = values[step]!;
      const count = ++this.#counts[step]!;
      const difference = value - this.#means[step]!;
      this.#means[step]! += difference / count;
      this.#sums[step]! += difference * (value - this.#means[step]!);
    }
  }

  finish(row: Row): void {
    for (let step = 0; step < row.steps; step++) {
      const count = this.#counts[step]!;
      if (count === 0) row.kinds[step] = ABSENT;
      else {
        const variance = this.#sums[step]! / count;
        row.setFloat(step, this.#root ? Math.sqrt(variance) : variance);
      }
    }
  }
}
