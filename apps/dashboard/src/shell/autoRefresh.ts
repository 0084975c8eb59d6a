import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { refreshMs, type Refresh } from '../globalSearch.ts';

const SLOWEST_MS = 60_000;
const CHECK_MS = 500;

let refreshedAt = 0;
const listeners = new Set<() => void>();

/** When the person last refreshed by hand, epoch milliseconds; lists start afresh when it grows. */
export function useRefreshedAt(): number {
  return useSyncExternalStore(subscribe, () => refreshedAt);
}

/** Fetches everything on the screen again, as the person asked. */
export function useRefreshNow(): () => void {
  const client = useQueryClient();
  return () => {
    refreshedAt = Date.now();
    for (const listener of listeners) listener();
    void client.invalidateQueries();
  };
}

/** Why automatic refresh waits, in words; null while it runs. */
export function pauseReason(): string | null {
  if (document.visibilityState === 'hidden') return 'tab hidden';
  if (document.querySelector('[role=dialog]') !== null) return 'dialog open';
  if (document.querySelector('[data-chart]:hover') !== null) return 'reading a chart';
  if (document.getSelection()?.isCollapsed === false) return 'text selected';
  return null;
}

/**
 * Fetches the queries on the screen every `refresh`. It waits while the person reads (see `pauseReason`) and slows down,
 * by doubling up to a minute, while requests fail. Answers the reason for a pause.
 */
export function useAutoRefresh(refresh: Refresh | undefined): string | null {
  const client = useQueryClient();
  const [paused, setPaused] = useState<string | null>(null);
  useEffect(() => {
    const interval = refreshMs(refresh);
    if (interval === null) return undefined;
    let wait = interval;
    let due = Date.now() + wait;
    const timer = setInterval(() => {
      const reason = pauseReason();
      setPaused(reason);
      if (reason !== null || Date.now() < due || client.isFetching() > 0) return;
      const failing = client
        .getQueryCache()
        .findAll({ type: 'active' })
        .some((query) => query.state.error !== null);
      wait = failing ? Math.max(interval, Math.min(wait * 2, SLOWEST_MS)) : interval;
      due = Date.now() + wait;
      void client.refetchQueries({ type: 'active' });
    }, CHECK_MS);
    return () => clearInterval(timer);
  }, [refresh, client]);
  return refreshMs(refresh) === null ? null : paused;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
