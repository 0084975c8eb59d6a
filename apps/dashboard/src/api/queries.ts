import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { filterParameters, parseFilter } from '../exceptions/filter.ts';
import type { TimeZone } from '../time/calendar.ts';
import { resolveRange, type RangeText } from '../time/timeRange.ts';
import * as api from './exceptionApi.ts';
import type { ExceptionSort } from './types.ts';

/** The window as the pages know it; it becomes two instants when a request is sent. */
export interface WindowText extends RangeText {
  readonly zone: TimeZone;
}

const PAGE_SIZE = 500;
const TOP_SIZE = 10;
/** Buckets of an occurrence graph. */
const SERIES_BUCKETS = 120;

/** The list of exceptions, page by page. */
export function exceptionListQuery(query: string, sort: ExceptionSort, window: WindowText) {
  return infiniteQueryOptions({
    queryKey: ['exceptions', 'list', { query, sort, ...window }],
    queryFn: ({ pageParam, signal }) => {
      const filter = filterParameters(parseFilter(query), Date.now());
      return api.listExceptions(
        {
          ...filter,
          ...instants(window),
          sort,
          limit: PAGE_SIZE,
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      );
    },
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    placeholderData: keepPreviousData,
  });
}

/** The most frequent exceptions of the window, of every status: what the overview is drawn from. */
export function overviewQuery(window: WindowText) {
  return queryOptions({
    queryKey: ['exceptions', 'overview', window],
    queryFn: ({ signal }) =>
      api.listExceptions({ ...instants(window), status: ['all'], sort: '-count', limit: PAGE_SIZE }, signal),
    placeholderData: keepPreviousData,
  });
}

/** The most frequent exceptions of one service in the window, whatever their status. */
export function topExceptionsQuery(service: string, window: WindowText) {
  return queryOptions({
    queryKey: ['exceptions', 'top', service, window],
    queryFn: ({ signal }) =>
      api.listExceptions(
        { ...instants(window), service: [service], status: ['all'], sort: '-count', limit: TOP_SIZE },
        signal,
      ),
    placeholderData: (previous, query) => (query?.queryKey[2] === service ? previous : undefined),
  });
}

export function facetsQuery(query: string, window: WindowText) {
  return queryOptions({
    queryKey: ['exceptions', 'facets', { query, ...window }],
    queryFn: ({ signal }) =>
      api.readFacets({ ...filterParameters(parseFilter(query), Date.now()), ...instants(window) }, signal),
    placeholderData: keepPreviousData,
  });
}

export function exceptionQuery(id: string, window: WindowText) {
  return queryOptions({
    queryKey: ['exceptions', 'detail', id, window],
    queryFn: ({ signal }) => api.readException(id, instants(window), signal),
    placeholderData: (previous, query) => (query?.queryKey[2] === id ? previous : undefined),
  });
}

export function seriesQuery(id: string, window: WindowText) {
  return queryOptions({
    queryKey: ['exceptions', 'series', id, window],
    queryFn: ({ signal }) => {
      const { from, to } = resolveRange(window, Date.now(), window.zone);
      const stepSeconds = Math.max(1, Math.ceil((to - from) / 1000 / SERIES_BUCKETS / 60) * 60);
      return api.readSeries(id, instants(window), stepSeconds, signal);
    },
    placeholderData: (previous, query) => (query?.queryKey[2] === id ? previous : undefined),
  });
}

export function servicesQuery(window: WindowText) {
  return queryOptions({
    queryKey: ['services', window],
    queryFn: ({ signal }) => api.listServices(instants(window), signal),
    placeholderData: keepPreviousData,
  });
}

export function targetsQuery() {
  return queryOptions({ queryKey: ['targets'], queryFn: ({ signal }) => api.listTargets(signal) });
}

function instants(window: WindowText): { from: string; to: string } {
  const { from, to } = resolveRange(window, Date.now(), window.zone);
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}
