import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { ServiceApp } from '@binnacle/service-kit';
import { TimelineError, type TimelineStore, type WriteResult } from '@binnacle/timeline';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { formatGoDuration } from './goDuration.ts';
import { parseKeys, parseTuples, RoshiRequestError } from './requestBody.ts';
import type { RoshiMetrics } from './roshiMetrics.ts';
import { parseSelect, RoshiReadError, selectRecords } from './select.ts';

export interface RoshiDependencies {
  readonly timelines: TimelineStore;
  readonly maxBodyBytes: number;
  /** Undefined: figures by Roshi's names are not asked for. */
  readonly roshiMetrics: RoshiMetrics | undefined;
}

type Query = Record<string, string | undefined>;

/**
 * Roshi's HTTP API on `/`, byte for byte: POST inserts, DELETE deletes, GET with a body selects; `POST /select` does
 * the same for clients whose GET has no body. Writes tell what became of them in `x-binnacle-*` headers.
 */
export function roshiRoutes(app: ServiceApp, deps: RoshiDependencies): void {
  const { timelines, maxBodyBytes, roshiMetrics } = deps;
  void app.register(async (scope: ServiceApp) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, _request, reply) => sendError(reply, error));
    const schema = { hide: true };

    const write = (kind: 'insert' | 'delete') => async (request: FastifyRequest, reply: FastifyReply) => {
      const began = process.hrtime.bigint();
      const tuples = parseTuples(bodyOf(request), kind);
      const result = await timelines.write(tuples);
      const [failed] = result.errors.values();
      if (failed !== undefined) throw failed;
      tellOutcome(reply, result);
      const nanoseconds = process.hrtime.bigint() - began;
      roshiMetrics?.wrote(kind, tuples.length, Number(nanoseconds));
      const duration = `"duration":"${formatGoDuration(nanoseconds)}"`;
      const counted =
        kind === 'insert'
          ? `${duration},"inserted":${tuples.length}`
          : `"deleted":${tuples.length},${duration}`;
      return sendJson(reply, `{${counted}}`);
    };
    const select = async (request: FastifyRequest, body: string, reply: FastifyReply) => {
      const began = process.hrtime.bigint();
      const options = parseSelect(request.query as Query);
      const keys = parseKeys(body);
      const { json, entries } = await selectRecords(timelines, keys, options);
      const nanoseconds = process.hrtime.bigint() - began;
      roshiMetrics?.selected(keys.length, entries, Number(nanoseconds));
      return sendJson(reply, `{"duration":"${formatGoDuration(nanoseconds)}","records":${json}}`);
    };

    scope.post('/', { schema }, write('insert'));
    scope.delete('/', { schema }, write('delete'));
    scope.get('/', { schema }, async (request, reply) =>
      select(request, await readBody(request.raw, maxBodyBytes), reply),
    );
    scope.route({
      method: ['PUT', 'PATCH'],
      url: '/',
      schema,
      handler: async (_request, reply) =>
        reply
          .code(404)
          .type('text/plain; charset=utf-8')
          .header('x-content-type-options', 'nosniff')
          .send('404 page not found\n'),
    });
    scope.post('/select', { schema }, async (request, reply) => select(request, bodyOf(request), reply));
  });
}

function bodyOf({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : '';
}

/** Fastify leaves the body of a GET unread. Iterating over a stream costs a small select a tenth of its time. */
function readBody(raw: IncomingMessage, maxBytes: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    raw.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) chunks.push(chunk);
      else reject(new RoshiRequestError(`http: request body too large (at most ${maxBytes} bytes)`));
    });
    raw.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    raw.once('error', reject);
    raw.once('close', () => {
      if (!raw.complete) reject(new RoshiRequestError('unexpected EOF'));
    });
  });
}

/** Roshi counts what was sent; what became of it stands in headers. */
function tellOutcome(reply: FastifyReply, { statuses, evicted }: WriteResult): void {
  const counts = { applied: 0, noop: 0, refused: 0, failed: 0 };
  for (const status of statuses) counts[status]++;
  reply.headers({
    'x-binnacle-applied': counts.applied,
    'x-binnacle-noop': counts.noop,
    'x-binnacle-refused': counts.refused,
    'x-binnacle-evicted': evicted,
  });
}

function sendJson(reply: FastifyReply, json: string): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(`${json}\n`);
}

function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const code = statusOf(error);
  const message = error instanceof Error ? error.message : 'internal error';
  if (code === 503) reply.header('retry-after', 1);
  const body = JSON.stringify({ code, description: STATUS_CODES[code], error: message });
  return sendJson(reply.code(code), body);
}

function statusOf(error: unknown): number {
  if (error instanceof RoshiRequestError) return 400;
  if (error instanceof RoshiReadError) return 500;
  if (error instanceof TimelineError) {
    if (error.code === 'INVALID_OPERATION' || error.code === 'INVALID_READ') return 400;
    return error.code === 'OVERLOADED' ? 503 : 500;
  }
  const { statusCode = 500 } = (error ?? {}) as { statusCode?: number };
  return statusCode;
}
