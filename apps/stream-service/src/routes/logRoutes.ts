import { NO_REQUEST_TIMEOUT, type ServiceApp } from '@binnacle/service-kit';
import { Type } from 'typebox';
import { StreamError } from '../errors.ts';
import type { EventLog } from '../log/eventLog.ts';
import { countEvents, queryEvents, type EventPage, type EventQuery } from '../log/queries.ts';
import type { Dependencies } from './dependencies.ts';
import { eventsQuery, histogramQuery, liveQuery, partitionsOf, selectionOf } from './requests.ts';
import { sendLive } from './liveEvents.ts';

const HOUR_MS = 3_600_000;
const MAX_STREAMS_LISTED = 1_000;
const offsetParams = Type.Object({ offset: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) });

/** Reads of the event log: streams, pages, one event, counts over time, live. */
export function logRoutes(app: ServiceApp, deps: Dependencies): void {
  const { log, clock } = deps;

  app.get('/api/v1/streams', { schema: { tags: ['log'], summary: 'Streams with rates.' } }, async () => {
    const streams = log.streams.list(clock.now());
    return { streams: streams.slice(0, MAX_STREAMS_LISTED), total: streams.length };
  });

  app.get(
    '/api/v1/events',
    { schema: { tags: ['log'], summary: 'A page of events, by offset or time.', querystring: eventsQuery } },
    async ({ query }) => {
      const { after, before, limit = 100 } = query;
      const partitions = partitionsOf(query);
      const order = query.order ?? (after === undefined ? 'desc' : 'asc');
      const found: EventQuery = {
        ...selectionOf(query),
        ...(partitions === undefined ? {} : { partitions }),
        ...(after === undefined ? {} : { after }),
        ...(before === undefined ? {} : { before }),
        order,
        limit,
      };
      return queryOrWait(deps, found, query.wait ?? 0);
    },
  );

  app.get(
    '/api/v1/events/histogram',
    { schema: { tags: ['log'], summary: 'Events over time.', querystring: histogramQuery } },
    async ({ query }) => {
      const selection = selectionOf(query);
      const toMs = selection.toMs ?? clock.now();
      const fromMs = selection.fromMs ?? toMs - HOUR_MS;
      if (fromMs >= toMs) throw new StreamError('STREAM_BAD_REQUEST', 'expected from to lie before to');
      return countEvents(log, { ...selection, fromMs, toMs }, query.buckets ?? 60);
    },
  );

  app.get(
    '/api/v1/events/live',
    {
      schema: { tags: ['log'], summary: 'Events as they come (server-sent events).', querystring: liveQuery },
      handlerTimeout: NO_REQUEST_TIMEOUT,
    },
    async (request, reply) => {
      const selection = selectionOf(request.query);
      sendLive(
        deps,
        { selection, after: resumeOffset(log, request.query.after, request.headers) },
        request,
        reply,
      );
    },
  );

  app.get(
    '/api/v1/events/:offset',
    { schema: { tags: ['log'], summary: 'One event.', params: offsetParams } },
    async ({ params: { offset } }) => {
      const stored = log.get(offset);
      if (stored !== undefined) return stored;
      const held = `the log holds offsets ${log.firstOffset} to ${log.nextOffset - 1}`;
      throw new StreamError('STREAM_NOT_FOUND', `no event at offset ${offset}; ${held}`);
    },
  );
}

/**
 * Where a live stream goes on: after Last-Event-ID, else after the offset asked for, else at the end of the log. An
 * offset that the log has not reached is of another log, so the end it is.
 */
export function resumeOffset(
  log: EventLog,
  after: number | undefined,
  headers: Record<string, unknown>,
): number {
  const end = log.nextOffset - 1;
  const last = headers['last-event-id'];
  if (typeof last === 'string' && /^\d{1,15}$/.test(last)) return Math.min(Number(last), end);
  return Math.min(after ?? end, end);
}

/** A page; an empty one is asked for again when something was appended, until `waitMs` have passed. */
async function queryOrWait(deps: Dependencies, query: EventQuery, waitMs: number): Promise<EventPage> {
  const { log, clock, shutdownSignal } = deps;
  const deadline = clock.now() + waitMs;
  for (;;) {
    const page = await queryEvents(log, query);
    const leftMs = deadline - clock.now();
    if (page.events.length > 0 || page.partial || leftMs <= 0 || shutdownSignal.aborted) return page;
    await appended(deps, leftMs);
  }
}

function appended({ log, clock, shutdownSignal }: Dependencies, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stopListening();
      cancelTimer();
      shutdownSignal.removeEventListener('abort', done);
      resolve();
    };
    const stopListening = log.onAppend(done);
    const cancelTimer = clock.setTimer(done, withinMs);
    shutdownSignal.addEventListener('abort', done);
  });
}
