import type { Provider, ProviderContext } from './provider.ts';
import { RefreshLoop } from './refreshLoop.ts';

/** What a provider does that asks one place for everything, at every interval. */
export interface Poll {
  /** One look-up, which reports to the sink. It ends when the signal aborts. */
  readonly refresh: (signal: AbortSignal) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A provider of look-ups at every interval; one that fails keeps what is known. */
export function polledProvider(
  { clock, sink }: Pick<ProviderContext, 'clock' | 'sink'>,
  intervalMs: number,
  { refresh, close }: Poll,
): Provider {
  const loop = new RefreshLoop({ clock, intervalMs, refresh, fail: (error) => sink.fail(error) });
  return {
    start: () => {
      void loop.start();
      return Promise.resolve();
    },
    stop: async () => {
      await loop.stop();
      await close();
    },
  };
}

const MAX_TIMEOUT_MS = 120_000;

/** The deadline of a request of a look-up: the interval, and not longer than two minutes. */
export function lookUpTimeoutMs(intervalMs: number): number {
  return Math.min(intervalMs, MAX_TIMEOUT_MS);
}
