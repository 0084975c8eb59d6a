import { EventError, fromHttp } from '@binnacle/event-schemas';
import type { ServiceApp } from '@binnacle/service-kit';
import { StreamError } from '../errors.ts';
import { ingest } from '../ingest/ingest.ts';
import type { Dependencies } from './dependencies.ts';

const MAX_EVENTS = 10_000;

/** `POST /api/v1/events`: CloudEvents over HTTP in every mode, and one event a line. */
export function ingestRoutes(app: ServiceApp, { log, registry, metrics }: Dependencies): void {
  void app.register(async (scope: ServiceApp) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.post(
      '/api/v1/events',
      {
        schema: { tags: ['log'], summary: 'Append events (CloudEvents: structured, batch, binary; NDJSON).' },
      },
      async (request) => {
        const body = typeof request.body === 'string' ? request.body : '';
        const result = await ingest(log, registry, eventsOf(request.headers, body));
        metrics.events.inc({ outcome: 'accepted' }, result.accepted);
        metrics.events.inc({ outcome: 'duplicate' }, result.duplicates);
        metrics.events.inc({ outcome: 'rejected' }, result.rejected.length);
        const [first] = result.rejected;
        if (result.lastOffset === null && first !== undefined) {
          throw new StreamError(
            'STREAM_NOTHING_ACCEPTED',
            `none of ${result.rejected.length} events was accepted; the first: ${first.code}: ${first.message}`,
          );
        }
        return result;
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
      throw new StreamError('STREAM_BAD_REQUEST', message, { cause });
    }
  });
}
