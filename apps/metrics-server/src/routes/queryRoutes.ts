import type { Socket } from 'node:net';
import type { Matcher } from '@binnacle/model';
import {
  ast,
  astToJson,
  parse,
  prettyPrint,
  type InstantQuery,
  type QuerySettings,
  type RangeQuery,
} from '@binnacle/promql';
import type { ServiceApp } from '@binnacle/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dependencies } from './dependencies.ts';
import { success } from './envelope.ts';
import { badParam, RequestParams } from './requestParams.ts';

const MAX_POINTS = 11_000;

/** /query, /query_range, /query_exemplars, /format_query, /parse_query. */
export function queryRoutes(app: ServiceApp, deps: Dependencies): void {
  const { queries, now, features } = deps;
  const both = ['GET', 'POST'] as ['GET', 'POST'];

  const answer = async (
    { raw }: FastifyRequest,
    reply: FastifyReply,
    params: RequestParams,
    query: InstantQuery | RangeQuery,
  ): Promise<FastifyReply> => {
    const hangUp = new HangUp(raw.socket);
    try {
      const options = {
        limit: params.limit(),
        withStats: params.text('stats') !== '',
        signal: hangUp.signal,
      };
      const body = await queries.body(query, options);
      return reply.header('content-type', 'application/json').send(body);
    } finally {
      hangUp.forget();
    }
  };

  app.route({
    method: both,
    url: '/query',
    handler: async (request, reply) => {
      const params = RequestParams.of(request);
      const timeMs = params.time('time', now());
      const query = { query: params.text('query'), timeMs, ...settings(params) };
      return answer(request, reply, params, query);
    },
  });

  app.route({
    method: both,
    url: '/query_range',
    handler: async (request, reply) => {
      const params = RequestParams.of(request);
      const startMs = params.requiredTime('start');
      const endMs = params.requiredTime('end');
      if (endMs < startMs) throw badParam('end', 'end timestamp must not be before start time');
      const stepMs = params.duration('step');
      if (stepMs === undefined) throw badParam('step', 'cannot parse "" to a valid duration');
      if (stepMs <= 0) {
        throw badParam(
          'step',
          'zero or negative query resolution step widths are not accepted. Try a positive integer',
        );
      }
      if ((endMs - startMs) / stepMs > MAX_POINTS) {
        throw badParam(
          'step',
          'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
        );
      }
      const query = { query: params.text('query'), startMs, endMs, stepMs, ...settings(params) };
      return answer(request, reply, params, query);
    },
  });

  app.route({
    method: both,
    url: '/query_exemplars',
    handler: async (request, reply) => {
      const params = RequestParams.of(request);
      const range = params.range();
      const selectors = selectorsOf(parse(params.text('query'), features.engine));
      const bySeries = new Map<string, { seriesLabels: object; exemplars: object[] }>();
      for (const { seriesLabels, labels, value, timestampMs } of deps.storage.exemplars(selectors, range)) {
        const found = bySeries.get(seriesLabels.key) ?? { seriesLabels, exemplars: [] };
        bySeries.set(seriesLabels.key, found);
        found.exemplars.push({ labels, value: String(value), timestamp: timestampMs / 1000 });
      }
      return success(reply, [...bySeries.values()]);
    },
  });

  app.route({
    method: both,
    url: '/format_query',
    handler: async (request, reply) =>
      success(reply, prettyPrint(parse(RequestParams.of(request).text('query'), features.engine))),
  });

  app.route({
    method: both,
    url: '/parse_query',
    handler: async (request, reply) =>
      success(reply, astToJson(parse(RequestParams.of(request).text('query'), features.engine))),
  });
}

/** Cancels a query when its client hangs up. Most queries are answered before anyone asks for the signal. */
class HangUp {
  readonly #socket: Socket;
  #abort: AbortController | undefined;
  readonly #onClose = (): void => this.#abort!.abort();

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  readonly signal = (): AbortSignal => {
    this.#abort = new AbortController();
    this.#socket.once('close', this.#onClose);
    return this.#abort.signal;
  };

  forget(): void {
    if (this.#abort !== undefined) this.#socket.off('close', this.#onClose);
  }
}

function settings(params: RequestParams): QuerySettings {
  const lookbackMs = params.duration('lookback_delta');
  if (lookbackMs !== undefined && lookbackMs < 0) throw badParam('lookback_delta', 'must not be negative');
  return { timeoutMs: params.duration('timeout'), lookbackMs, explain: params.text('explain') !== '' };
}

function selectorsOf(expr: ast.Expr): (readonly Matcher[])[] {
  if (expr.kind === 'vectorSelector') return [expr.matchers];
  if (expr.kind === 'matrixSelector') return [expr.selector.matchers];
  return ast.childrenOf(expr).flatMap(selectorsOf);
}
