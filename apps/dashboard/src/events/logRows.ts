import type { EventPage, StoredEvent } from '../api/eventTypes.ts';

/** An unbroken stretch of a stream in memory, oldest first. */
export interface LogRows {
  readonly events: readonly StoredEvent[];
  /** `before` of the page above; null at the beginning of what there is. */
  readonly before: number | null;
  /** `after` of the page below; null while the stretch ends where the stream ends. */
  readonly after: number | null;
  /** The last offset that was looked at: a live tail goes on after it. */
  readonly end: number;
  /** Rows beyond this offset came live; null while none did. */
  readonly liveFrom: number | null;
}

/** So many rows are kept at most. */
export const MOST_ROWS = 20_000;

/** The stretch that a first page makes. */
export function startRows(
  { events, nextAfter, nextBefore, partial }: EventPage,
  order: 'asc' | 'desc',
  limit: number,
): LogRows {
  if (order === 'desc') {
    return {
      events: events.toReversed(),
      before: nextBefore,
      after: null,
      end: events[0]?.offset ?? nextAfter ?? -1,
      liveFrom: null,
    };
  }
  const goesOn = partial || events.length === limit;
  return {
    events,
    before: events[0]?.offset ?? nextBefore,
    after: goesOn ? nextAfter : null,
    end: nextAfter ?? events.at(-1)?.offset ?? -1,
    liveFrom: null,
  };
}

/** With a page read backwards from `rows.before` put on top. */
export function withOlder(rows: LogRows, { events, nextBefore }: EventPage): LogRows {
  const first = rows.events[0]?.offset ?? Infinity;
  const older = events.filter(({ offset }) => offset < first).toReversed();
  return { ...rows, events: [...older, ...rows.events], before: nextBefore };
}

/** With a page read forwards from `rows.after` put below. */
export function withNewer(rows: LogRows, page: EventPage, limit: number): LogRows {
  const goesOn = page.partial || page.events.length === limit;
  return {
    ...rows,
    events: [...rows.events, ...after(rows, page.events)],
    after: goesOn ? page.nextAfter : null,
    end: Math.max(rows.end, page.nextAfter ?? rows.end),
  };
}

/**
 * With events that came live put below; what is known already is left out. When there would be too many, the oldest
 * make room, unless they are being read (`keepTop`): then the new ones are left to be fetched later.
 */
export function withLive(rows: LogRows, coming: readonly StoredEvent[], keepTop: boolean): LogRows {
  const fresh = after(rows, coming);
  if (rows.after !== null || fresh.length === 0) return rows;
  const liveFrom = rows.liveFrom ?? rows.events.at(-1)?.offset ?? rows.end;
  const room = Math.max(0, MOST_ROWS - rows.events.length);
  if (keepTop && fresh.length > room) {
    const kept = fresh.slice(0, room);
    const end = kept.at(-1)?.offset ?? rows.end;
    return { ...rows, events: [...rows.events, ...kept], after: end, end, liveFrom };
  }
  const events = [...rows.events, ...fresh].slice(-MOST_ROWS);
  const dropped = events[0] !== rows.events[0] && rows.events.length > 0;
  return {
    ...rows,
    events,
    before: dropped ? events[0]!.offset : rows.before,
    end: events.at(-1)!.offset,
    liveFrom,
  };
}

function after({ events, end }: LogRows, coming: readonly StoredEvent[]): StoredEvent[] {
  let last = events.at(-1)?.offset ?? end;
  return coming.filter(({ offset }) => {
    const isNew = offset > last;
    if (isNew) last = offset;
    return isNew;
  });
}
