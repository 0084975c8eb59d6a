import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { WindowText } from '../api/queries.ts';
import { rangeOf, zoneOf, type GlobalSearch } from '../globalSearch.ts';
import type { TimeZone } from '../time/calendar.ts';
import { DEFAULT_RANGE, freeze, type Range, type RangeText } from '../time/timeRange.ts';
import { rememberRange } from './recentRanges.ts';

/** The window, zone and refresh interval of the address, and how to change them. */
export interface GlobalState {
  readonly window: WindowText;
  readonly zone: TimeZone;
  readonly refresh: GlobalSearch['refresh'];
  /** Goes to another window; a step in the history. */
  readonly setRange: (range: RangeText) => void;
  /** Goes to the window that was brushed on a chart. */
  readonly zoomTo: (range: Range) => void;
  readonly setRefresh: (refresh: GlobalSearch['refresh']) => void;
  readonly setZone: (zone: TimeZone) => void;
}

export function useGlobalSearch(): GlobalState {
  const search = useSearch({ from: '__root__' });
  const navigate = useNavigate();
  const { from, to } = rangeOf(search);
  const zone = zoneOf(search);
  const window = useMemo(() => ({ from, to, zone }), [from, to, zone]);

  const change = (next: GlobalSearch, replace = false): void => {
    void navigate({ to: '.', search: (before) => ({ ...before, ...next }), replace, resetScroll: false });
  };
  const setRange = (range: RangeText): void => {
    rememberRange(range);
    change({
      from: range.from === DEFAULT_RANGE.from ? undefined : range.from,
      to: range.to === DEFAULT_RANGE.to ? undefined : range.to,
    });
  };
  return {
    window,
    zone,
    refresh: search.refresh,
    setRange,
    zoomTo: (range) => setRange(freeze({ from: Math.round(range.from), to: Math.round(range.to) })),
    setRefresh: (refresh) => change({ refresh }, true),
    setZone: (next) => change({ tz: next === 'utc' ? 'utc' : undefined }, true),
  };
}
