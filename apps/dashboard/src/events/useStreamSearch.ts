import type { UseNavigateResult } from '@tanstack/react-router';
import type { WindowText } from '../api/queries.ts';
import { resolveRange } from '../time/timeRange.ts';
import type { StreamSearch } from './search.ts';
import { printSeek, type Seek } from './seek.ts';

/** How a stream's page changes its address. */
export function useStreamSearch(navigate: UseNavigateResult<'/events/$stream'>) {
  const change = (next: StreamSearch & { from?: string; to?: string }, replace: boolean): void =>
    void navigate({ search: (before) => ({ ...before, ...next }), replace, resetScroll: false });
  return {
    setQuery: (q: string, replace: boolean): void => change({ q: q === '' ? undefined : q }, replace),
    select: (sel: number | undefined, replace: boolean): void => change({ sel }, replace),
    /** A tail runs at the newest end; turning it on goes there. */
    setLive: (on: boolean): void => change(on ? { live: '1', seek: undefined } : { live: undefined }, true),
    /** A time outside the window widens the window to hold it. */
    setSeek: (seek: Seek, window: WindowText): void => {
      const wide = seek.kind === 'time' ? widened(window, Date.parse(seek.at)) : {};
      const live = seek.kind === 'newest' ? {} : { live: undefined };
      change({ seek: printSeek(seek), ...live, ...wide }, false);
    },
  };
}

function widened(window: WindowText, at: number): { from?: string; to?: string } {
  const { from, to } = resolveRange(window, Date.now(), window.zone);
  return {
    ...(at < from ? { from: new Date(at).toISOString() } : {}),
    ...(at >= to && window.to !== 'now' ? { to: 'now' } : {}),
  };
}
