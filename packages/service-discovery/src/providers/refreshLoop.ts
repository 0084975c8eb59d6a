import type { Clock } from '../context.ts';

interface RefreshLoopOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** One look-up. It must end when the signal aborts. */
  readonly refresh: (signal: AbortSignal) => Promise<void>;
  readonly fail: (error: Error) => void;
  /** Intervals are counted from the start of a look-up, for look-ups that wait for news themselves. */
  readonly fromStart?: boolean;
}

const FIRST_RETRY_MS = 1000;
/** Waits are shortened by up to this part, so that many loops do not come at the same moment. */
const JITTER = 0.1;

/**
 * Looks something up again and again, never twice at once: at every interval, and after a failure sooner, after
 * one second, then two, four and so on up to the interval.
 */
export class RefreshLoop {
  readonly #options: RefreshLoopOptions;
  readonly #controller = new AbortController();
  #running: Promise<void> | undefined;
  #again = false;
  #failuresInARow = 0;
  #startedAtMs = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: RefreshLoopOptions) {
    this.#options = options;
  }

  /** Begins at once; resolves after the first attempt. */
  start(): Promise<void> {
    return this.#run();
  }

  /** Looks up now, or right after the look-up that is under way. */
  nudge(): void {
    if (this.#running === undefined) void this.#run();
    else this.#again = true;
  }

  /** Ends the loop; resolves when nothing of it runs any more. */
  async stop(): Promise<void> {
    this.#controller.abort();
    this.#cancelTimer?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    this.#cancelTimer?.();
    this.#startedAtMs = this.#options.clock.now();
    this.#running = this.#attempt();
    await this.#running;
    this.#running = undefined;
    if (this.#controller.signal.aborted) return;
    if (this.#again) {
      this.#again = false;
      void this.#run();
      return;
    }
    const { clock } = this.#options;
    this.#cancelTimer = clock.setTimer(() => void this.#run(), this.#waitMs() * (1 - JITTER * Math.random()));
  }

  async #attempt(): Promise<void> {
    const { refresh, fail } = this.#options;
    const { signal } = this.#controller;
    if (signal.aborted) return;
    try {
      await refresh(signal);
      this.#failuresInARow = 0;
    } catch (error) {
      if (signal.aborted) return;
      this.#failuresInARow++;
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #waitMs(): number {
    const { intervalMs, fromStart = false, clock } = this.#options;
    if (this.#failuresInARow === 0) {
      return fromStart ? Math.max(0, intervalMs - (clock.now() - this.#startedAtMs)) : intervalMs;
    }
    return Math.min(intervalMs, FIRST_RETRY_MS * 2 ** Math.min(20, this.#failuresInARow - 1));
  }
}
