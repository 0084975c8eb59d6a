import type { WriteStatus } from '@binnacle/timeline';

/** What an event did to one of its timelines: changed it, lost to what is there, or lies below what it keeps. */
export type TimelineOutcome = 'changed' | 'no-op' | 'evicted';

/** Events whose outcomes are remembered, a byte each. */
const REMEMBERED = 65_536;
/** The most timelines that one event stands in: two bits of its byte are for each. */
const TIMELINES = 4;
const BITS = 2;

const CODES: Readonly<Record<WriteStatus, number>> = { failed: 0, applied: 1, noop: 2, refused: 3 };
const OUTCOMES: readonly TimelineOutcome[] = ['changed', 'no-op', 'evicted'];
const CHANGED = CODES.applied;

/** What the newest events did to their timelines, for who appended them. */
export class IndexOutcomes {
  readonly #codes = new Uint8Array(REMEMBERED);
  #end = 0;

  /**
   * Records the statuses of consecutive events from `start` on; `counts` says how many statuses each has. A write that is
   * repeated after a failure finds what it did before: what was changed then stays so.
   */
  record(start: number, counts: readonly number[], statuses: readonly WriteStatus[]): void {
    let next = 0;
    for (let i = 0; i < counts.length; i++) {
      const at = (start + i) % REMEMBERED;
      const before = start + i < this.#end ? this.#codes[at]! : 0;
      let codes = 0;
      for (let nth = 0; nth < Math.min(counts[i]!, TIMELINES); nth++) {
        const known = codeOf(before, nth);
        codes |= (known === CHANGED ? known : CODES[statuses[next + nth]!]) << (nth * BITS);
      }
      this.#codes[at] = codes;
      next += counts[i]!;
    }
    this.#end = Math.max(this.#end, start + counts.length);
  }

  /** What the event at an offset did, in the order of its operations; undefined when that is not known any more. */
  of(offset: number): TimelineOutcome[] | undefined {
    if (offset >= this.#end || offset < this.#end - REMEMBERED) return undefined;
    const codes = this.#codes[offset % REMEMBERED]!;
    const outcomes: TimelineOutcome[] = [];
    for (let nth = 0; nth < TIMELINES; nth++) {
      const outcome = OUTCOMES[codeOf(codes, nth) - 1];
      if (outcome !== undefined) outcomes.push(outcome);
    }
    return outcomes;
  }
}

function codeOf(codes: number, nth: number): number {
  return (codes >> (nth * BITS)) & 3;
}
