import { queryOptions } from '@tanstack/react-query';
import { resolveRange } from '../time/timeRange.ts';
import * as api from './metricApi.ts';
import type { WindowText } from './queries.ts';

/** Series of one metric that its page reads the labels of. */
export const MOST_SERIES = 2_000;

/** Nearer points than this are never asked for, milliseconds. */
const SMALLEST_STEP_MS = 100;

export function instantQuery(expr: string, window: WindowText) {
  return queryOptions({
    queryKey: ['metrics', 'instant', expr, window],
    queryFn: ({ signal }) => api.queryInstant(expr, resolveRange(window, Date.now(), window.zone).to, signal),
    enabled: expr.trim() !== '',
    retry: false,
  });
}

/** An expression over the window, with at most one point per pixel of `width`. */
export function rangeQuery(expr: string, window: WindowText, width: number) {
  return queryOptions({
    queryKey: ['metrics', 'range', expr, window, width],
    queryFn: async ({ signal }) => {
      const range = resolveRange(window, Date.now(), window.zone);
      const grid = gridOf(range, width);
      return { ...(await api.queryRange(expr, grid, signal)), grid, range };
    },
    enabled: expr.trim() !== '' && width > 0,
    structuralSharing: false,
    retry: false,
  });
}

/** Points at multiples of a round step, so that a refresh moves the window and not the points. */
export function gridOf(
  { from, to }: { readonly from: number; readonly to: number },
  points: number,
): api.Grid {
  const stepMs = niceStep((to - from) / Math.max(1, points));
  return { startMs: Math.ceil(from / stepMs) * stepMs, endMs: Math.floor(to / stepMs) * stepMs, stepMs };
}

export function metadataQuery() {
  return queryOptions({
    queryKey: ['metrics', 'metadata'],
    queryFn: ({ signal }) => api.readMetadata(signal),
    staleTime: 60_000,
  });
}

export function metricNamesQuery() {
  return queryOptions({
    queryKey: ['metrics', 'names'],
    queryFn: ({ signal }) => api.readMetricNames(signal),
    staleTime: 60_000,
  });
}

/** How many series each metric has now. Costly on a large server, so it stands apart and may fail alone. */
export function seriesCountsQuery() {
  return queryOptions({
    queryKey: ['metrics', 'series counts'],
    queryFn: async ({ signal }) => {
      const { data } = await api.queryInstant('count by (__name__) ({__name__!=""})', Date.now(), signal);
      const series = data.resultType === 'vector' ? data.result : [];
      return new Map(series.map(({ metric, value }) => [metric['__name__'] ?? '', Number(value?.[1])]));
    },
    structuralSharing: false,
    staleTime: 60_000,
    retry: false,
  });
}

export function seriesOfQuery(matcher: string, window: WindowText) {
  return queryOptions({
    queryKey: ['metrics', 'series', matcher, window],
    queryFn: ({ signal }) => {
      const { from, to } = resolveRange(window, Date.now(), window.zone);
      return api.readSeries(matcher, { startMs: from, endMs: to }, MOST_SERIES, signal);
    },
  });
}

export function metricTargetsQuery(enabled: boolean) {
  return queryOptions({
    queryKey: ['metrics', 'targets'],
    queryFn: ({ signal }) => api.readMetricTargets(signal),
    enabled,
  });
}

export function statusQuery(page: string) {
  return queryOptions({
    queryKey: ['metrics', 'status', page],
    queryFn: ({ signal }) => api.readStatus(page, signal),
  });
}

export function tsdbQuery() {
  return queryOptions({
    queryKey: ['metrics', 'tsdb'],
    queryFn: ({ signal }) => api.readTsdbStatus(signal),
  });
}

/** The next one, two or five of a power of ten, milliseconds. */
function niceStep(ms: number): number {
  const power = 10 ** Math.floor(Math.log10(ms));
  const nice = [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= ms)!;
  return Math.max(SMALLEST_STEP_MS, Math.round(nice));
}
