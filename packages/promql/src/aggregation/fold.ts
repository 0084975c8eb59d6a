import type { Row } from '../engine/row.ts';

/** One group's running result at every step. Series are taken in one after the other. */
export interface Fold {
  /** Takes in the values of a series. */
  add(row: Row): void;
  /** Writes the result; steps without one are absent. */
  finish(row: Row): void;
  /** Bytes a step. */
  readonly bytesPerStep: number;
}

/** What folds tell of histograms that they met. */
export interface FoldNotes {
  ignoredHistogram(): void;
  mixedKinds(): void;
  mixedSchemas(): void;
  hintCollision(): void;
  boundsReconciled(): void;
}
