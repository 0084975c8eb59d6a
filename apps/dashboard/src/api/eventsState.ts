import { queryOptions } from '@tanstack/react-query';
import { requestJson } from './http.ts';

/** Where the pages reach stream-service, relative to the address of the dashboard; its server forwards it. */
export const EVENTS_BASE = 'api/events';

/** Whether this dashboard was given a stream-service, and whether that one says that it is ready. */
export interface EventsState {
  readonly configured: boolean;
  readonly ready: boolean;
}

export function eventsStateQuery() {
  return queryOptions({
    queryKey: ['events', 'state'],
    queryFn: ({ signal }) => requestJson<EventsState>(`${EVENTS_BASE}/-/ready`, { signal }),
    staleTime: 60_000,
  });
}
