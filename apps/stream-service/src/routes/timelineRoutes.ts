import { NO_REQUEST_TIMEOUT, type ServiceApp } from '@binnacle/service-kit';
import { bytesOf, textOf } from '@binnacle/timeline';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { StoredEvent } from '../log/storedEvent.ts';
import { queryEvents } from '../log/queries.ts';
import { aggregateItems } from '../timelines/aggregate.ts';
import { operationsOfEvent } from '../timelines/eventOperations.ts';
import { explainMember } from '../timelines/explain.ts';
import type { Dependencies } from './dependencies.ts';
import { resumeOffset } from './logRoutes.ts';
import { nextChange, openEventStream } from './serverSentEvents.ts';
import {
  aggregateQuery,
  explainQuery,
  listOf,
  liveTimelineQuery,
  rebuildQuery,
  timelineQuery,
  timelineQueryOf,
} from './timelineRequests.ts';

const tags = ['timelines'];
const LIVE_PAGE = 200;
const MAX_AGGREGATED = 1_000;

/** Reads of timelines: pages of one or several merged, live, grouped, explained. */
export function timelineRoutes(app: ServiceApp, deps: Dependencies): void {
  const { timelines, reader, log, rebuild } = deps;

  app.get(
    '/api/v1/timelines',
    {
      schema: { tags, summary: 'One or several timelines merged, newest first.', querystring: timelineQuery },
    },
    async ({ query }) => reader.page(timelineQueryOf(query, listOf(query.key))),
  );

  app.get(
    '/api/v1/timelines/aggregate',
    { schema: { tags, summary: 'What was done to what, grouped.', querystring: aggregateQuery } },
    async ({ query }) => {
      const asked = timelineQueryOf({ ...query, limit: query.limit ?? MAX_AGGREGATED }, listOf(query.key));
      const { items, ...page } = await reader.page(asked);
      return { groups: aggregateItems(items, query.window ?? 3_600_000), ...page };
    },
  );

  app.get(
    '/api/v1/timelines/explain',
    { schema: { tags, summary: 'Why a member is in a timeline, or not.', querystring: explainQuery } },
    async ({ query: { key, member, score } }) => {
      const bytes = bytesOf(Buffer.from(member, 'base64'));
      return { key, member, ...(await explainMember(timelines, key, bytes, score)) };
    },
  );

  app.post(
    '/api/v1/timelines/rebuild',
    {
      schema: {
        tags,
        summary: 'Make the timelines anew from the log or from Kafka, beside those that hold, then switch.',
        querystring: rebuildQuery,
      },
    },
    async ({ query }, reply) => reply.code(202).send(rebuild.start(query.source ?? 'log')),
  );

  app.get(
    '/api/v1/timelines/rebuild',
    { schema: { tags, summary: 'How the rebuild stands.' } },
    async () => rebuild.status,
  );

  app.get(
    '/api/v1/timelines/live',
    {
      schema: {
        tags,
        summary: 'Entries as events bring them (server-sent events).',
        querystring: liveTimelineQuery,
      },
      handlerTimeout: NO_REQUEST_TIMEOUT,
    },
    async (request, reply) => {
      const { key, after } = request.query;
      sendLiveItems(deps, listOf(key), resumeOffset(log, after, request.headers), request, reply);
    },
  );
}

/** Follows the log as far as the index has come, so that what is sent is in the timeline already. */
function sendLiveItems(
  deps: Dependencies,
  keys: readonly string[],
  after: number,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { log, indexer } = deps;
  openEventStream(deps, request, reply, async (client) => {
    let position = after;
    while (!client.signal.aborted) {
      client.position = position < 0 ? '' : `id: ${position}`;
      if (position >= indexer.position - 1) {
        await nextChange((listener) => indexer.onIndexed(listener), client.signal);
        continue;
      }
      const page = await queryEvents(log, {
        order: 'asc',
        limit: LIVE_PAGE,
        before: indexer.position,
        ...(position < 0 ? {} : { after: position }),
      });
      for (const stored of page.events) {
        for (const item of itemsOf(deps, stored, keys)) {
          const frame = `id: ${stored.offset}\nevent: item\ndata: ${JSON.stringify(item)}\n\n`;
          if (!(await client.send(frame))) return;
        }
      }
      position = page.nextAfter ?? position;
    }
  });
}

/** What an event changed in the timelines `keys`; `removed` takes an entry out. */
function itemsOf({ registry, reader }: Dependencies, stored: StoredEvent, keys: readonly string[]): object[] {
  return operationsOfEvent(registry, stored)
    .filter(({ key }) => keys.includes(textOf(key)))
    .map(({ kind, ...entry }) => ({ ...reader.item(entry), removed: kind === 'delete' }));
}
