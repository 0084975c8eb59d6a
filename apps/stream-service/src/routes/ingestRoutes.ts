import { EventError, fromHttp } from '@binnacle/event-schemas';
import type { ServiceApp } from '@binnacle/service-kit';
import { Type } from 'typebox';
import { STREAM_ERRORS, StreamError } from '../errors.ts';
import { ingest } from '../ingest/ingest.ts';
import { ingestAnswer } from '../ingest/ingestAnswer.ts';
import type { Dependencies } from './dependencies.ts';

const MAX_EVENTS = 10_000;
const WAIT_MS = 250;
const ingestQuery = Type.Object({
  wait: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: WAIT_MS,
      description: 'Milliseconds to wait for what the timelines make of the events; the log has them before.',
    }),
  ),
});

/** `POST /api/v1/events`: CloudEvents over HTTP in every mode, and one event a line. Tells what became of each. */
export function ingestRoutes(app: ServiceApp, { log, registry, indexer, metrics }: Dependencies): void {
  void app.register(async (scope: ServiceApp) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.post(
      '/api/v1/events',
      {
        schema: {
          tags: ['log'],
          summary: 'Append events (CloudEvents: structured, batch, binary; NDJSON).',
          querystring: ingestQuery,
        },
      },
      async (request, reply) => {
        const body = typeof request.body === 'string' ? request.body : '';
        const ingested = await ingest(log, registry, eventsOf(request.headers, body));
        const last = ingested.taken.findLast(({ duplicate }) => !duplicate);
        if (last !== undefined) await indexer.reach(last.offset, request.query.wait ?? WAIT_MS);
        const answer = ingestAnswer(registry, ingested, (offset) => indexer.outcomesOf(offset));
        const { duplicates, rejected } = answer;
        metrics.events.inc({ outcome: 'accepted' }, ingested.taken.length - duplicates);
        metrics.events.inc({ outcome: 'duplicate' }, duplicates);
        metrics.events.inc({ outcome: 'rejected' }, rejected.length);
        const [first] = rejected;
        if (answer.lastOffset !== null || first === undefined) return answer;
        const message = `none of ${rejected.length} events was accepted; the first: ${first.code}: ${first.message}`;
        return reply
          .code(STREAM_ERRORS.STREAM_NOTHING_ACCEPTED)
          .send({ error: { code: 'STREAM_NOTHING_ACCEPTED', message }, ...answer });
      },
    );
  });
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function eventsOf(headers: Headers, body: string): unknown[] {
  const single = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  );
  if (/^application\/(x-)?ndjson\b/.test(single['content-type'] ?? '')) return linesOf(body);
  try {
    return fromHttp({ headers: single, body });
  } catch (error) {
    if (error instanceof EventError)
      throw new StreamError('STREAM_BAD_REQUEST', error.message, { cause: error });
    throw error;
  }
}

/** The value of each line; an EventError for one that has none. */
function linesOf(body: string): unknown[] {
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > MAX_EVENTS) {
    throw new StreamError(
      'STREAM_BAD_REQUEST',
      `expected at most ${MAX_EVENTS} lines, found ${lines.length}`,
    );
  }
  return lines.map((line, i) => {
    try {
      return JSON.parse(line) as unknown;
    } catch (cause) {
      const message = `line ${i + 1}: expected JSON, found ${(cause as Error).message}`;
      return new EventError('EVENT_BAD_MESSAGE', message, { cause });
    }
  });
}
