import { createHash } from 'node:crypto';

/** Timestamps are moved to the planned time when they are at most this late: equal distances compress better. */
const MAX_TOLERANCE_MS = 50;

/** When a target is scraped: always at the same offset inside the interval, so that scrapes are spread out evenly. */
export class Schedule {
  readonly intervalMs: number;
  readonly #offsetMs: number;

  /** `key` decides on the offset; equal keys have the same one on every start. */
  constructor(key: string, intervalMs: number) {
    this.intervalMs = intervalMs;
    this.#offsetMs = createHash('md5').update(key).digest().readUInt32BE(0) % intervalMs;
  }

  /** The first planned time after a moment. */
  next(afterMs: number): number {
    const rounds = Math.floor((afterMs - this.#offsetMs) / this.intervalMs) + 1;
    return rounds * this.intervalMs + this.#offsetMs;
  }

  /** The timestamp of a scrape that was planned for one time and began at another. */
  timestamp(plannedMs: number, nowMs: number): number {
    const tolerance = Math.min(MAX_TOLERANCE_MS, this.intervalMs / 100);
    return Math.abs(nowMs - plannedMs) <= tolerance ? plannedMs : nowMs;
  }
}
