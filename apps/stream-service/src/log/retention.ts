import type { EventLog } from './eventLog.ts';

export interface RetentionOptions {
  /** Events older than this, by receipt, go. */
  readonly maxAgeMs: number;
  /** Of more events than this the oldest go. */
  readonly maxEvents: number;
}

const REMOVED_AT_ONCE = 1_000;

/** Removes what the log must no longer keep, in small steps. Resolves with the number of events removed. */
export async function applyRetention(
  log: EventLog,
  nowMs: number,
  { maxAgeMs, maxEvents }: RetentionOptions,
  signal: AbortSignal,
): Promise<number> {
  const byCount = log.nextOffset - maxEvents;
  let total = 0;
  while (!signal.aborted) {
    const limit = Math.min(REMOVED_AT_ONCE, oldPrefix(log, nowMs - maxAgeMs, byCount));
    if (limit === 0) break;
    total += await log.removeBelow(log.firstOffset + limit, limit);
  }
  return total;
}

/** How many of the oldest events must go, up to one step. */
function oldPrefix(log: EventLog, beforeMs: number, byCount: number): number {
  let count = Math.max(0, byCount - log.firstOffset);
  while (count < REMOVED_AT_ONCE) {
    const stored = log.get(log.firstOffset + count);
    if (stored === undefined || Date.parse(stored.receivedAt) >= beforeMs) break;
    count++;
  }
  return count;
}
