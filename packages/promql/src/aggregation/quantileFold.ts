import { ABSENT, FLOAT, HISTOGRAM, type Row } from '../engine/row.ts';
import { quantile } from '../range/statistics.ts';
import type { Fold, FoldNotes } from './fold.ts';

/** The quantile of floats; it has to keep them all. */
export class QuantileFold implements Fold {
  readonly bytesPerStep = 16;
  readonly #q: Float64Array;
  readonly #notes: FoldNotes;
  readonly #rows: Float64Array[] = [];
  readonly #kinds: Uint8Array[] = [];
  readonly #hold: (steps: number) => void;

  constructor(q: Float64Array, notes: FoldNotes, hold: (steps: number) => void) {
    this.#q = q;
    this.#notes = notes;
    this.#hold = hold;
  }

  add(row: Row): void {
    this.#hold(row.steps);
    this.#rows.push(row.values.slice());
    this.#kinds.push(row.kinds.slice());
    if (row.hasHistograms && row.kinds.includes(HISTOGRAM)) this.#notes.ignoredHistogram();
  }

  finish(row: Row): void {
    const scratch = new Float64Array(this.#rows.length);
    for (let step = 0; step < row.steps; step++) {
      let count = 0;
      for (let i = 0; i < this.#rows.length; i++) {
        if (this.#kinds[i]![step] === FLOAT) scratch[count++] = this.#rows[i]![step]!;
      }
      if (count === 0) row.kinds[step] = ABSENT;
      else row.setFloat(step, quantile(this.#q[step]!, scratch.subarray(0, count)));
    }
  }
}
