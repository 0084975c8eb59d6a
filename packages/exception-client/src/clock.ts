/** The time: milliseconds since the Unix epoch, and one-shot timers that do not keep a process alive. */
export interface Clock {
  now(): number;
  /** Calls `callback` once after `delayMs`; the returned function cancels it. */
  setTimer(callback: () => void, delayMs: number): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  setTimer(callback, delayMs) {
    const timer: unknown = setTimeout(callback, delayMs);
    // In Node a timer is an object; in a browser it is a number, and keeps nothing alive.
    if (typeof timer === 'object') (timer as { unref(): void }).unref();
    return () => clearTimeout(timer as number);
  },
};
