import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { PLATFORM_TYPES } from '../events/platformEvents.ts';
import type { Seek } from '../events/seek.ts';
import { resolveRange } from '../time/timeRange.ts';
import * as api from './eventApi.ts';
import type { WindowText } from './queries.ts';

export const PAGE_SIZE = 200;
/** Bars of a histogram. */
const BUCKETS = 120;
const MOST_PLATFORM_EVENTS = 500;
const TIMELINE_PAGE = 100;

/** What the log of a stream shows. */
export interface LogQuestion {
  readonly stream: string;
  readonly q: string;
  readonly window: WindowText;
  readonly seek: Seek;
  /** When the person last asked for fresh rows; nothing else fetches them again under the reader's eyes. */
  readonly refreshedAt: number;
}

export function streamsQuery() {
  return queryOptions({
    queryKey: ['events', 'streams'],
    queryFn: ({ signal }) => api.listStreams(signal),
  });
}

/** The page that a look into a stream begins with, and the selection that the pages around it are read with. */
export function firstPageQuery({ stream, q, window, seek, refreshedAt }: LogQuestion) {
  return queryOptions({
    queryKey: ['events', 'log', { stream, q, seek, refreshedAt, ...window }],
    queryFn: async ({ signal }) => {
      const selection: api.EventSelection = {
        stream,
        ...(q === '' ? {} : { q }),
        ...(seek.kind === 'offset' ? {} : openWindow(window)),
      };
      const page = await api.readEvents({ ...selection, ...startOf(seek), limit: PAGE_SIZE }, signal);
      return { selection, page };
    },
    placeholderData: keepPreviousData,
    structuralSharing: false,
    staleTime: 'static',
    gcTime: 0,
  });
}

export function eventQuery(offset: number) {
  return queryOptions({
    queryKey: ['events', 'one', offset],
    queryFn: ({ signal }) => api.readEvent(offset, signal),
    staleTime: Infinity,
  });
}

export function histogramQuery(stream: string, q: string, window: WindowText) {
  return queryOptions({
    queryKey: ['events', 'histogram', { stream, q, ...window }],
    queryFn: async ({ signal }) => {
      const { from, to } = closedWindow(window);
      const answer = await api.readHistogram(
        { stream, ...(q === '' ? {} : { q }), from, to, buckets: BUCKETS },
        signal,
      );
      return { ...answer, range: { from: Date.parse(from), to: Date.parse(to) } };
    },
    placeholderData: keepPreviousData,
  });
}

/**
 * Deploys, alerts, exceptions and targets of a service in the window, newest first; `end` is the offset that a tail
 * goes on after.
 */
export function platformEventsQuery(service: string, window: WindowText) {
  return queryOptions({
    queryKey: ['events', 'platform', service, window],
    queryFn: async ({ signal }) => {
      const { from, to } = closedWindow(window);
      const { events, partial, nextAfter } = await api.readEvents(
        { service, stream: PLATFORM_TYPES, from, to, order: 'desc', limit: MOST_PLATFORM_EVENTS },
        signal,
      );
      const range = { from: Date.parse(from), to: Date.parse(to) };
      const isCut = partial || events.length === MOST_PLATFORM_EVENTS;
      return { events, isCut, range, end: nextAfter ?? -1 };
    },
    placeholderData: (previous, query) => (query?.queryKey[2] === service ? previous : undefined),
  });
}

/** Timelines merged, newest first, page by page. */
export function timelinesQuery(keys: readonly string[]) {
  return infiniteQueryOptions({
    queryKey: ['events', 'timelines', keys],
    queryFn: ({ pageParam, signal }) =>
      api.readTimelines(
        { key: keys, limit: TIMELINE_PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    enabled: keys.length > 0,
    placeholderData: keepPreviousData,
  });
}

function startOf(seek: Seek): { order: 'asc' | 'desc'; after?: number; from?: string } {
  if (seek.kind === 'newest') return { order: 'desc' };
  if (seek.kind === 'oldest') return { order: 'asc' };
  if (seek.kind === 'time') return { order: 'asc', from: seek.at };
  return seek.offset === 0 ? { order: 'asc' } : { order: 'asc', after: seek.offset - 1 };
}

/** The window, left open where it ends now, so that what comes belongs to it. */
export function openWindow(window: WindowText): { from: string; to?: string } {
  const { from, to } = closedWindow(window);
  return window.to === 'now' ? { from } : { from, to };
}

function closedWindow(window: WindowText): { from: string; to: string } {
  const { from, to } = resolveRange(window, Date.now(), window.zone);
  // The newest event may bear this very millisecond, and the end is exclusive.
  return {
    from: new Date(from).toISOString(),
    to: new Date(window.to === 'now' ? to + 1 : to).toISOString(),
  };
}
