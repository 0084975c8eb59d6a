import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { metricsPlugin } from './fastify.ts';
import { createMetrics, type Metrics } from './index.ts';

let metrics: Metrics;
let app: FastifyInstance;

beforeEach(() => {
  metrics = createMetrics({ service: 'test', defaultMetrics: false });
  app = Fastify();
});

afterEach(async () => {
  await app.close();
  metrics.close();
});

async function requestCounts(): Promise<string[]> {
  const text = String((await metrics.render()).body);
  return text.split('\n').filter((line) => line.startsWith('http_requests_total{'));
}

const series = (route: string, code: string, count: number): string =>
  `http_requests_total{method="GET",route="${route}",code="${code}"} ${count}`;

describe('metricsPlugin', () => {
  it('times every route of the application by its pattern; unknown ones share a label', async () => {
    await app.register(metricsPlugin, { metrics });
    app.get('/users/:id', () => 'hello');
    app.register(
      (scope, _options, done) => {
        scope.get('/broken', () => {
          throw new Error('broken');
        });
        done();
      },
      { prefix: '/api' },
    );
    for (const url of ['/users/1', '/users/2', '/api/broken', '/x', '/y']) await app.inject(url);
    expect(await requestCounts()).toEqual([
      series('/users/:id', '2xx', 2),
      series('/api/broken', '5xx', 1),
      series('unknown', '4xx', 2),
    ]);
  });

  it('serves the metrics, in the format that was asked for', async () => {
    await app.register(metricsPlugin, { metrics });
    const text = await app.inject('/metrics');
    expect(text.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(text.body).toContain('build_info{service="test"} 1');
    const openMetrics = await app.inject({
      url: '/metrics',
      headers: { accept: 'application/openmetrics-text' },
    });
    expect(openMetrics.headers['content-type']).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(openMetrics.body).toContain('http_requests_total{method="GET",route="/metrics",code="2xx"} 1');
  });

  it('serves them elsewhere or not at all, and leaves out a route that says so', async () => {
    await app.register(metricsPlugin, { metrics, path: false });
    app.get('/stream', { config: { metrics: false } }, () => 'for hours');
    expect((await app.inject('/metrics')).statusCode).toBe(404);
    await app.inject('/stream');
    expect(await requestCounts()).toEqual([series('unknown', '4xx', 1)]);
  });
});
