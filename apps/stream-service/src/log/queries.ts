import { setImmediate as yieldToOthers } from 'node:timers/promises';
import { partitionOf } from '@binnacle/event-bus';
import type { EventLog } from './eventLog.ts';
import { EVERYTHING, keyTerm, serviceTerm, streamTerm } from './postings.ts';
import { serviceOf, type StoredEvent } from './storedEvent.ts';
import { parseTextFilter, type EventFilter } from './textFilter.ts';

/** Which events; what is absent does not restrict. */
export interface EventSelection {
  readonly streams?: readonly string[];
  readonly key?: string;
  readonly service?: string;
  /** Event time in milliseconds, inclusive and exclusive. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** See `parseTextFilter`. */
  readonly q?: string;
  /** Those that consumer groups divide the events into; see `partitionOf`. */
  readonly partitions?: readonly number[];
}

export interface EventQuery extends EventSelection {
  /** Offsets, exclusive. */
  readonly after?: number;
  readonly before?: number;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

export interface EventPage {
  readonly events: readonly StoredEvent[];
  /** Give it as `after` for what follows this page. */
  readonly nextAfter: number | null;
  /** Give it as `before` for what precedes this page; null when nothing does. */
  readonly nextBefore: number | null;
  /** Index entries looked at. */
  readonly scanned: number;
  /** The search ended before the page was full; go on from nextAfter or nextBefore. */
  readonly partial: boolean;
}

/** Index entries that one request looks at. */
const MAX_SCANNED = 100_000;
/** Events that one request reads and filters. */
const MAX_READ = 20_000;
const SCANNED_PER_TURN = 2_000;

/** A page of the log. Throws STREAM_BAD_REQUEST for a filter that cannot be read. */
export async function queryEvents(log: EventLog, query: EventQuery): Promise<EventPage> {
  const { limit, order, fromMs = -Infinity, toMs = Infinity } = query;
  const matches = eventFilter(query);
  const start = Math.max(log.firstOffset, (query.after ?? -1) + 1);
  const end = Math.min(log.nextOffset, query.before ?? Infinity);
  const events: StoredEvent[] = [];
  let scanned = 0;
  let read = 0;
  let last: number | undefined;
  let stopped = false;
  for (const posting of log.index.postings(indexTerm(query), { start, end, reverse: order === 'desc' })) {
    if (events.length === limit || scanned === MAX_SCANNED || read === MAX_READ) {
      stopped = true;
      break;
    }
    scanned++;
    last = posting.offset;
    if (scanned % SCANNED_PER_TURN === 0) await yieldToOthers();
    if (posting.timeMs < fromMs || posting.timeMs >= toMs) continue;
    read++;
    const stored = log.get(posting.offset);
    if (stored !== undefined && matches(stored)) events.push(stored);
  }
  const partial = stopped && events.length < limit;
  if (order === 'asc') {
    const nextAfter = stopped ? last! : Math.max(end - 1, query.after ?? -1);
    const nextBefore = events[0]?.offset ?? (start > log.firstOffset ? start : null);
    return { events, nextAfter: nextAfter < 0 ? null : nextAfter, nextBefore, scanned, partial };
  }
  const nextAfter = events[0]?.offset ?? (end > start ? end - 1 : null);
  return { events, nextAfter, nextBefore: stopped ? last! : null, scanned, partial };
}

/** Whether an event is one of those selected, apart from its time. */
export function eventFilter({ streams, key, service, q, partitions }: EventSelection): EventFilter {
  const filters: EventFilter[] = [];
  if (streams !== undefined && streams.length > 0) filters.push(({ event }) => streams.includes(event.type));
  if (key !== undefined) filters.push(({ event }) => event.partitionkey === key);
  if (service !== undefined) filters.push(({ event }) => serviceOf(event) === service);
  if (partitions !== undefined) filters.push(({ event }) => partitions.includes(partitionOf(event)));
  if (q !== undefined && q !== '') filters.push(parseTextFilter(q));
  return (stored) => filters.every((filter) => filter(stored));
}

/** Counts of events over time. */
export interface Histogram {
  readonly from: string;
  readonly stepSeconds: number;
  readonly counts: readonly number[];
  readonly partial: boolean;
}

/** Index entries that one histogram looks at when it need not read events. */
const MAX_COUNTED = 1_000_000;

/** Counts events in equal steps of their own time, newest first until the bounds on work are met. */
export async function countEvents(
  log: EventLog,
  selection: EventSelection & { fromMs: number; toMs: number },
  buckets: number,
): Promise<Histogram> {
  const { fromMs, toMs } = selection;
  const stepMs = Math.max(1, (toMs - fromMs) / buckets);
  const counts = Array.from({ length: buckets }, () => 0);
  const matches = eventFilter(selection);
  const byIndexAlone = indexDecides(selection);
  const range = { start: log.firstOffset, end: log.nextOffset, reverse: true };
  let scanned = 0;
  let read = 0;
  let partial = false;
  for (const { offset, timeMs } of log.index.postings(indexTerm(selection), range)) {
    if (scanned === MAX_COUNTED || read === MAX_READ) {
      partial = true;
      break;
    }
    if (++scanned % SCANNED_PER_TURN === 0) await yieldToOthers();
    if (timeMs < fromMs || timeMs >= toMs) continue;
    if (!byIndexAlone) {
      read++;
      const stored = log.get(offset);
      if (stored === undefined || !matches(stored)) continue;
    }
    counts[Math.min(buckets - 1, Math.floor((timeMs - fromMs) / stepMs))]!++;
  }
  return { from: new Date(fromMs).toISOString(), stepSeconds: stepMs / 1000, counts, partial };
}

/** The narrowest term that holds every selected event. */
function indexTerm({ streams, key, service }: EventSelection): string {
  if (key !== undefined) return keyTerm(key);
  if (service !== undefined) return serviceTerm(service);
  return streams?.length === 1 ? streamTerm(streams[0]!) : EVERYTHING;
}

/** Whether the term alone decides, so that no event has to be read. */
function indexDecides({ streams = [], key, service, q = '' }: EventSelection): boolean {
  const conditions = streams.length + (key === undefined ? 0 : 1) + (service === undefined ? 0 : 1);
  return q === '' && conditions <= 1;
}
