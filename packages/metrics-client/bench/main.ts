// What timing one request costs: CPU time of requests with and without metrics, in alternating batches of one run.
import express from 'express';
import Fastify from 'fastify';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { createMetrics, instrumentHttp, metricsMiddleware } from '@binnacle/metrics-client';
import { metricsPlugin } from '@binnacle/metrics-client/fastify';

const ROUNDS = 500;
const WARM_UP_ROUNDS = 100;
const REQUESTS_PER_BATCH = 200;
const LIMIT_US = 5;

type Batch = () => Promise<void>;

const metrics = createMetrics({ service: 'bench', defaultMetrics: false });
const traced = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

await compare('node:http handler', plainHttp(false), plainHttp(true));
await compare('node:http handler, with an exemplar', plainHttp(false, traced), plainHttp(true, traced));
await compare('Express, one route', expressApp(false), expressApp(true));
await compare('Fastify, one route (inject)', await fastifyApp(false), await fastifyApp(true));

/** Prints the median CPU time of a request in both, and the median of the differences between neighbouring batches. */
async function compare(title: string, without: Batch, withMetrics: Batch): Promise<void> {
  const base: number[] = [];
  const timed: number[] = [];
  const pair = [
    { batch: without, results: base },
    { batch: withMetrics, results: timed },
  ];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const { batch, results } of round % 2 === 0 ? pair : pair.toReversed()) {
      const start = process.cpuUsage();
      await batch();
      const { user, system } = process.cpuUsage(start);
      if (round >= WARM_UP_ROUNDS) results.push((user + system) / REQUESTS_PER_BATCH);
    }
  }
  const overhead = median(timed.map((us, round) => us - base[round]!));
  const verdict = overhead < LIMIT_US ? `under ${LIMIT_US} µs` : `OVER ${LIMIT_US} µs`;
  console.log(
    `${title.padEnd(38)} without ${median(base).toFixed(2)} µs   with ${median(timed).toFixed(2)} µs   ` +
      `overhead ${overhead.toFixed(2)} µs, ${verdict}`,
  );
  if (overhead >= LIMIT_US) process.exitCode = 1;
}

function plainHttp(isTimed: boolean, headers: Record<string, string> = {}): Batch {
  const answer = (_request: IncomingMessage, response: ServerResponse): void => {
    response.statusCode = 200;
    response.emit('finish');
  };
  const handler = isTimed ? instrumentHttp(metrics, answer, { route: () => '/users/:id' }) : answer;
  return batchOf((request, response) => handler(request, response), headers);
}

function expressApp(isTimed: boolean): Batch {
  const app = express();
  if (isTimed) app.use(metricsMiddleware(metrics));
  app.get('/users/:id', (_request, response) => void response.emit('finish'));
  return batchOf((request, response) => app(request as express.Request, response as express.Response));
}

async function fastifyApp(isTimed: boolean): Promise<Batch> {
  const app = Fastify();
  if (isTimed) await app.register(metricsPlugin, { metrics });
  app.get('/users/:id', () => 'hello');
  await app.ready();
  return async () => {
    for (let i = 0; i < REQUESTS_PER_BATCH; i++) {
      await app.inject('/users/7');
      // inject leaves work for later turns of the event loop, which must come, or memory grows.
      if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  };
}

function batchOf(
  serve: (request: IncomingMessage, response: ServerResponse) => void,
  headers: Record<string, string> = {},
): Batch {
  const socket = new Socket();
  return () => {
    for (let i = 0; i < REQUESTS_PER_BATCH; i++) {
      const request = new IncomingMessage(socket);
      request.method = 'GET';
      request.url = '/users/7';
      Object.assign(request.headers, headers);
      serve(request, new ServerResponse(request));
    }
    return Promise.resolve();
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
