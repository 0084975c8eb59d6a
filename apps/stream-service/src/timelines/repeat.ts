import type { Clock } from '@binnacle/service-kit';

export interface RepeatOptions {
  /** Before the first run, and between the end of one and the next. */
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly run: () => Promise<void>;
  /** A failed run is followed by the next. */
  readonly onFailure: (error: unknown) => void;
}

/** Runs something again and again. Resolves when the signal is aborted. */
export async function repeat({ intervalMs, clock, signal, run, onFailure }: RepeatOptions): Promise<void> {
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        cancel();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const cancel = clock.setTimer(done, intervalMs);
      signal.addEventListener('abort', done);
    });
    if (signal.aborted) return;
    try {
      await run();
    } catch (error) {
      onFailure(error);
    }
  }
}
