import type {
  CloudEvent,
  EventHistogram,
  EventPage,
  StoredEvent,
  StreamsAnswer,
  TimelinePage,
} from '../api/eventTypes.ts';
import { PLATFORM_TYPES, timeOf } from '../events/platformEvents.ts';

const MINUTES = 60;

/** The log of the fake stream-service: an array. */
export class FakeEventLog {
  readonly #events: StoredEvent[] = [];

  append(event: CloudEvent, receivedAt = new Date().toISOString()): StoredEvent {
    const bytes = Buffer.byteLength(JSON.stringify(event));
    const stored = { offset: this.#events.length, receivedAt, event, bytes };
    this.#events.push(stored);
    return stored;
  }

  get(offset: number): StoredEvent | undefined {
    return this.#events[offset];
  }

  streams(now: number): StreamsAnswer {
    const names = [...new Set(this.#events.map(({ event }) => event.type))].sort();
    return {
      streams: names.map((name) => {
        const own = this.#events.filter(({ event }) => event.type === name);
        const times = own.map(timeOf);
        const sparkline = Array.from({ length: MINUTES }, () => 0);
        for (const time of times) {
          const minute = MINUTES - 1 - Math.floor((now - time) / 60_000);
          if (minute in sparkline) sparkline[minute]! += 1;
        }
        return {
          name,
          count: own.length,
          firstAt: new Date(Math.min(...times)).toISOString(),
          lastAt: new Date(Math.max(...times)).toISOString(),
          lastOffset: own.at(-1)!.offset,
          ratePerSecond: sparkline.at(-2)! / 60,
          sparkline,
        };
      }),
    };
  }

  page(query: URLSearchParams): EventPage {
    const limit = Number(query.get('limit') ?? 100);
    const after = Number(query.get('after') ?? -1);
    const before = Number(query.get('before') ?? this.#events.length);
    const order = query.get('order') ?? (query.has('after') ? 'asc' : 'desc');
    const found = this.#select(query).filter(({ offset }) => offset > after && offset < before);
    const events = order === 'asc' ? found.slice(0, limit) : found.reverse().slice(0, limit);
    const isFull = events.length === limit;
    const lowest = events[order === 'asc' ? 0 : events.length - 1]?.offset ?? null;
    const last = isFull ? events.at(-1)!.offset : Math.max(before - 1, after);
    return order === 'asc'
      ? { events, nextAfter: last, nextBefore: lowest, partial: false }
      : {
          events,
          nextAfter: events[0]?.offset ?? before - 1,
          nextBefore: isFull ? lowest : null,
          partial: false,
        };
  }

  histogram(query: URLSearchParams, now: number): EventHistogram {
    const to = Date.parse(query.get('to') ?? new Date(now).toISOString());
    const from = Date.parse(query.get('from') ?? new Date(to - 3_600_000).toISOString());
    const counts = Array.from({ length: Number(query.get('buckets') ?? 60) }, () => 0);
    const stepMs = (to - from) / counts.length;
    for (const stored of this.#select(query)) {
      counts[Math.min(counts.length - 1, Math.floor((timeOf(stored) - from) / stepMs))]! += 1;
    }
    return { from: new Date(from).toISOString(), stepSeconds: stepMs / 1000, counts, partial: false };
  }

  timelines(query: URLSearchParams): TimelinePage {
    const keys = query.getAll('key');
    const start = Number(query.get('cursor') ?? 0);
    const end = start + Number(query.get('limit') ?? 50);
    const items = this.#events
      .flatMap((stored) => timelineKeys(stored).map((key) => ({ key, stored })))
      .filter(({ key }) => keys.includes(key))
      .map(({ key, stored }) => itemOf(key, stored))
      .sort((a, b) => b.score - a.score);
    return {
      items: items.slice(start, end),
      next: end < items.length ? String(end) : null,
      partial: false,
      missingKeys: [],
    };
  }

  #select(query: URLSearchParams): StoredEvent[] {
    const matches = selects(query);
    const from = Date.parse(query.get('from') ?? '') || -Infinity;
    const to = Date.parse(query.get('to') ?? '') || Infinity;
    return this.#events.filter((stored) => matches(stored) && timeOf(stored) >= from && timeOf(stored) < to);
  }
}

/** Whether an event is of the streams and the service asked for, and has every term of `q`. */
export function selects(query: URLSearchParams): (stored: StoredEvent) => boolean {
  const streams = query.getAll('stream');
  const service = query.get('service');
  const terms = (query.get('q') ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  return ({ event }) =>
    (streams.length === 0 || streams.includes(event.type)) &&
    (service === null || (event.data as { service?: string } | undefined)?.service === service) &&
    terms.every((term) => hasTerm(event, term));
}

/** The timelines that an event stands in: none but for the types that the platform knows. */
export function timelineKeys({ event }: StoredEvent): string[] {
  if (!PLATFORM_TYPES.includes(event.type)) return [];
  const service = (event.data as { service?: string } | undefined)?.service;
  return [`kind:${event.type}`, ...(service === undefined ? [] : [`service:${service}`])];
}

export function itemOf(key: string, stored: StoredEvent): TimelinePage['items'][number] {
  const score = timeOf(stored);
  const member = Buffer.from(`${stored.event.source}\0${stored.event.id}`).toString('base64');
  return { key, score, member, at: new Date(score).toISOString(), event: stored };
}

function hasTerm(event: CloudEvent, term: string): boolean {
  const [, path, value] = /^([\w.-]+)=(.*)$/.exec(term) ?? [];
  if (path === undefined) return JSON.stringify(event).toLowerCase().includes(term);
  const data = event.data as Record<string, unknown> | undefined;
  return String(data?.[path.replace(/^data\./, '')] ?? event[path]).toLowerCase() === value;
}
