import type { FloatHistogram } from '@binnacle/model';
import { isCounterReset } from '@binnacle/promql';

/** Series beyond this number are not followed, and keep the hints that they came with. */
const MAX_SERIES = 100_000;

interface Last {
  readonly timeMs: number;
  readonly histogram: FloatHistogram;
}

/**
 * Says of native histograms whether they continue the sample before them, as Prometheus's store does while it appends:
 * a sample that does is `not_reset`, one that does not is `unknown`, and the sender's `reset` and `gauge` stay. Queries
 * that add histograms up warn when these disagree.
 */
export class ResetHints {
  readonly #last = new Map<number, Last>();

  /** The histogram as it is to be stored. */
  hinted(ref: number, timeMs: number, histogram: FloatHistogram): FloatHistogram {
    const last = this.#last.get(ref);
    if (last !== undefined && timeMs <= last.timeMs) return histogram;
    if (last !== undefined || this.#last.size < MAX_SERIES) this.#last.set(ref, { timeMs, histogram });
    const { counterResetHint } = histogram;
    if (counterResetHint === 'gauge' || counterResetHint === 'reset') return histogram;
    const continues =
      last !== undefined &&
      last.histogram.counterResetHint !== 'gauge' &&
      !isCounterReset({ ...histogram, counterResetHint: 'unknown' }, last.histogram);
    return { ...histogram, counterResetHint: continues ? 'not_reset' : 'unknown' };
  }

  /** The series got another kind of sample: its next histogram continues nothing. */
  ended(ref: number): void {
    if (this.#last.size > 0) this.#last.delete(ref);
  }

  /** What was said to be stored was not. */
  forget(): void {
    this.#last.clear();
  }
}
