import { useSyncExternalStore } from 'react';
import type { ExceptionStatus, ExceptionSummary } from '../api/types.ts';

/**
 * Statuses that are newer than what the pages have fetched: from this person's actions, and from the stream of changes.
 * They hold until an answer arrives that was fetched later.
 */
interface Override {
  readonly status: ExceptionStatus;
  readonly at: number;
}

const LIMIT = 5000;
let overrides: ReadonlyMap<string, Override> = new Map();
const listeners = new Set<() => void>();

export function overrideStatus(
  changes: readonly { id: string; status: ExceptionStatus }[],
  at = Date.now(),
): void {
  if (changes.length === 0) return;
  const next = new Map(overrides);
  for (const { id, status } of changes) {
    next.delete(id);
    next.set(id, { status, at });
  }
  for (const id of next.keys()) {
    if (next.size <= LIMIT) break;
    next.delete(id);
  }
  overrides = next;
  for (const listener of listeners) listener();
}

/** Gives the exception its newest known status. */
export function useStatusOverrides(): <T extends ExceptionSummary>(item: T, fetchedAt: number) => T {
  const current = useSyncExternalStore(subscribe, () => overrides);
  return (item, fetchedAt) => {
    const override = current.get(item.id);
    return override === undefined || override.at <= fetchedAt || override.status === item.status
      ? item
      : { ...item, status: override.status };
  };
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
