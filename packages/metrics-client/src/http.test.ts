import express from 'express';
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@binnacle/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics, instrumentHttp, metricsMiddleware, type Metrics } from './index.ts';

let metrics: Metrics;
let server: Server | undefined;

beforeEach(() => {
  metrics = createMetrics({ service: 'test', defaultMetrics: false });
});

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  metrics.close();
});

async function listen(handler: RequestListener): Promise<string> {
  server = createServer(handler);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function requestCounts(): Promise<string[]> {
  const text = String((await metrics.render()).body);
  return text.split('\n').filter((line) => line.startsWith('http_requests_total{'));
}

const series = (method: string, route: string, code: string, count: number): string =>
  `http_requests_total{method="${method}",route="${route}",code="${code}"} ${count}`;

describe('instrumentHttp', () => {
  it('counts and times by method, route and status class', async () => {
    const handler = instrumentHttp(
      metrics,
      (request, response) => {
        response.statusCode = request.url === '/ok' ? 204 : 404;
        response.end();
      },
      { route: (request) => (request.url === '/ok' ? '/ok' : undefined) },
    );
    const url = await listen(handler);
    for (const path of ['/ok', '/ok', '/a', '/b']) await fetch(url + path);
    await fetch(url, { method: 'PURGE' });
    expect(await requestCounts()).toEqual([
      series('GET', '/ok', '2xx', 2),
      series('GET', 'unknown', '4xx', 2),
      series('OTHER', 'unknown', '4xx', 1),
    ]);
    const text = String((await metrics.render()).body);
    expect(text).toContain('http_request_duration_seconds_count{method="GET",route="/ok",code="2xx"} 2');
  });

  it('counts a request whose client left before the answer, once', async () => {
    const arrived = Promise.withResolvers<() => void>();
    const handler = instrumentHttp(metrics, (_request, response) => {
      arrived.resolve(() => void response.end('too late'));
    });
    const url = await listen(handler);
    const request = httpRequest(url);
    request.on('error', () => undefined);
    request.end();
    const answer = await arrived.promise;
    request.destroy();
    await waitFor(async () => (await requestCounts()).length > 0);
    answer();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await requestCounts()).toEqual([series('GET', 'unknown', 'aborted', 1)]);
  });

  it.each([
    ['01', true],
    ['00', false],
  ])('takes the exemplar from a traceparent header with the flags %s: %s', async (flags, isSampled) => {
    const [traceId, spanId] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'];
    const url = await listen(instrumentHttp(metrics, (_request, response) => void response.end()));
    await fetch(url, { headers: { traceparent: `00-${traceId}-${spanId}-${flags}` } });
    const text = String((await metrics.render({ accept: 'application/openmetrics-text' })).body);
    expect(text.includes(`# {trace_id="${traceId}",span_id="${spanId}"} 0.`)).toBe(isSampled);
  });
});

describe('metricsMiddleware in Express', () => {
  it('labels by the pattern of the route, also under a mount path and when the handler fails', async () => {
    const app = express();
    app.use(metricsMiddleware(metrics));
    const router = express.Router();
    router.get('/users/:id', (_request, response) => void response.send('hello'));
    router.get('/broken/:id', () => {
      throw new Error('broken');
    });
    app.use('/api', router);
    app.use((_error: Error, _request: express.Request, response: express.Response, _next: unknown) => {
      response.status(500).send('sorry');
    });
    const url = await listen(app);
    for (const path of ['/api/users/1', '/api/users/2', '/api/broken/3', '/nowhere/4', '/elsewhere']) {
      await fetch(url + path);
    }
    expect(await requestCounts()).toEqual([
      series('GET', '/api/users/:id', '2xx', 2),
      series('GET', '/api/broken/:id', '5xx', 1),
      series('GET', 'unknown', '4xx', 2),
    ]);
  });
});
