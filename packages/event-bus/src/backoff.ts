import { setTimeout as sleep } from 'node:timers/promises';

/** Pauses between attempts: doubled each time, with a random part so that many do not return at once. */
export interface Backoff {
  readonly firstMs: number;
  readonly longestMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { firstMs: 100, longestMs: 10_000 };

/** Waits before the attempt after `attempt` (from 1), or until the signal aborts. */
export async function pause(
  { firstMs, longestMs }: Backoff,
  attempt: number,
  signal: AbortSignal,
): Promise<void> {
  const ms = Math.min(longestMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  await wait(ms * (0.5 + Math.random() / 2), signal);
}

/** Waits, or until the signal aborts. */
export async function wait(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
