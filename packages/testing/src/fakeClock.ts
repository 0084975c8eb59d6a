/** The time as code under test sees it: milliseconds since the Unix epoch, and one-shot timers. */
export interface Clock {
  now(): number;
  /** Calls `callback` once after `delayMs`; the returned function cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

/** A clock that moves only when the test moves it. Timers fire in order of their due time. */
export class FakeClock implements Clock {
  #nowMs: number;
  #timers: { dueMs: number; callback: () => void }[] = [];

  constructor(startMs = Date.UTC(2026, 0, 15, 15, 0, 0)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer = { dueMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves time forward, firing every timer that falls due on the way. */
  advance(byMs: number): void {
    const targetMs = this.#nowMs + byMs;
    for (;;) {
      const next = this.#timers.filter((t) => t.dueMs <= targetMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
    }
    this.#nowMs = targetMs;
  }

  /** Number of timers that wait. */
  get pending(): number {
    return this.#timers.length;
  }
}
