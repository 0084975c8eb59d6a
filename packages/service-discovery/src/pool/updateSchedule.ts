import type { Clock } from '../context.ts';

/** Runs an update at once when it is asked for, but not more often than every `minIntervalMs`. */
export class UpdateSchedule {
  readonly #clock: Clock;
  readonly #minIntervalMs: number;
  readonly #update: () => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #stopped = false;

  constructor(clock: Clock, minIntervalMs: number, update: () => void) {
    this.#clock = clock;
    this.#minIntervalMs = minIntervalMs;
    this.#update = update;
  }

  /** True when an update was asked for and has not run yet. */
  get pending(): boolean {
    return this.#cancel !== undefined;
  }

  request(): void {
    if (this.#stopped || this.pending) return;
    const waitMs = this.#lastMs + this.#minIntervalMs - this.#clock.now();
    if (waitMs <= 0) this.flush();
    else this.#cancel = this.#clock.setTimer(() => this.flush(), waitMs);
  }

  /** Runs the update now, whenever the last one was. */
  flush(): void {
    if (this.#stopped) return;
    this.#cancel?.();
    this.#cancel = undefined;
    this.#lastMs = this.#clock.now();
    this.#update();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
