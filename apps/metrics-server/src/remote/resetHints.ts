import type { FloatHistogram } from '@binnacle/model';
import { withResetHint } from '@binnacle/promql';

/** Series beyond this number are not followed, and keep the hints that they came with. */
const MAX_SERIES = 100_000;

interface Last {
  readonly timeMs: number;
  readonly histogram: FloatHistogram;
}

/** Says of native histograms whether they continue the sample before them, as Prometheus's store does while it appends. */
export class ResetHints {
  readonly #last = new Map<number, Last>();

  /** The histogram as it is to be stored. */
  hinted(ref: number, timeMs: number, histogram: FloatHistogram): FloatHistogram {
    const last = this.#last.get(ref);
    if (last !== undefined && timeMs <= last.timeMs) return histogram;
    if (last !== undefined || this.#last.size < MAX_SERIES) this.#last.set(ref, { timeMs, histogram });
    return withResetHint(histogram, last?.histogram);
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
