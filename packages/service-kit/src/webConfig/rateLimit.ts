import type { Clock } from '../clock.ts';

/** A token bucket: `burst` requests at once, then one for each interval. */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #tokens: number;
  #filledAt: number;

  /** An interval of 0 limits nothing. */
  constructor(intervalMs: number, burst: number, clock: Clock) {
    this.#intervalMs = intervalMs;
    this.#burst = burst;
    this.#clock = clock;
    this.#tokens = burst;
    this.#filledAt = clock.now();
  }

  /** Takes a token; false when there is none. */
  take(): boolean {
    if (this.#intervalMs === 0) return true;
    const now = this.#clock.now();
    const gained = Math.max(0, now - this.#filledAt) / this.#intervalMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
