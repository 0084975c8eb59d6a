import type { EventHistogram, EventPage, StoredEvent, StreamsAnswer, TimelinePage } from './eventTypes.ts';
import { EVENTS_BASE } from './eventsState.ts';
import { requestJson, withQuery } from './http.ts';

const ROOT = `${EVENTS_BASE}/api/v1`;

type Signal = AbortSignal | undefined;

/** Which events; what is absent does not restrict. */
export interface EventSelection {
  readonly stream?: string | readonly string[];
  readonly service?: string;
  /** The filter as typed. */
  readonly q?: string;
  /** Time of the event, RFC 3339; `to` is exclusive. */
  readonly from?: string;
  readonly to?: string;
}

export interface EventPageQuery extends EventSelection {
  /** Offsets, exclusive. */
  readonly after?: number;
  readonly before?: number;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

export function listStreams(signal?: Signal): Promise<StreamsAnswer> {
  return requestJson(`${ROOT}/streams`, { signal });
}

export function readEvents(query: EventPageQuery, signal?: Signal): Promise<EventPage> {
  return requestJson(withQuery(`${ROOT}/events`, { ...query }), { signal });
}

export function readEvent(offset: number, signal?: Signal): Promise<StoredEvent> {
  return requestJson(`${ROOT}/events/${offset}`, { signal });
}

export function readHistogram(
  query: EventSelection & { buckets: number },
  signal?: Signal,
): Promise<EventHistogram> {
  return requestJson(withQuery(`${ROOT}/events/histogram`, { ...query }), { signal });
}

export function readTimelines(
  query: { key: readonly string[]; limit: number; cursor?: string },
  signal?: Signal,
): Promise<TimelinePage> {
  return requestJson(withQuery(`${ROOT}/timelines`, query), { signal });
}

/** Address of the events that come, for `EventSource`: first those after an offset, where one is given. */
export function liveUrl(selection: EventSelection & { after?: number }): string {
  return withQuery(`${ROOT}/events/live`, { ...selection });
}

/** Address of the entries that timelines get from the events after an offset on, for `EventSource`. */
export function liveTimelinesUrl(keys: readonly string[], after: number | undefined): string {
  return withQuery(`${ROOT}/timelines/live`, { key: keys, after });
}
