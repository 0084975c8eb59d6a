import type { TimelineStore } from '@binnacle/timeline';
import { isFromEvents } from './eventOperations.ts';

const KEYS_AT_ONCE = 200;

/**
 * Raises the floor of every timeline that events make and that has an entry before a time, so that those entries go
 * and no replay brings them back. Resolves with how many timelines were cut.
 */
export async function forgetOlder(
  store: TimelineStore,
  beforeMs: number,
  signal: AbortSignal,
): Promise<number> {
  const floor = { score: beforeMs, member: '' };
  let cut = 0;
  for (let cursor: string | undefined; ;) {
    const page = await store.keys(cursor, KEYS_AT_ONCE);
    const oldest = await store.read(page.keys.filter(isFromEvents), { limit: 1, from: 'oldest' });
    for (const result of oldest) {
      if (signal.aborted) return cut;
      if ('error' in result || (result.entries[0]?.score ?? Infinity) >= beforeMs) continue;
      await store.merge(result.key, { live: [], tombstones: [], floor });
      cut++;
    }
    if (page.next === undefined) return cut;
    cursor = page.next;
  }
}
