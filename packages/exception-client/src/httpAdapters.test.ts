import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { describe, expect, it } from 'vitest';
import {
  createExceptionCollector,
  expressErrorHandler,
  withExceptions,
  type ExceptionCollector,
  type PeriskopExport,
  type PeriskopOccurrence,
} from './index.ts';

async function serving(listener: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return {
    origin,
    get: (path: string, init?: RequestInit) => fetch(origin + path, init),
    [Symbol.asyncDispose]: stop,
  };
}

function occurrences(collector: ExceptionCollector): PeriskopOccurrence[] {
  return collector.export().aggregated_errors.flatMap(({ latest_errors }) => latest_errors);
}

describe('handler', () => {
  it('serves the export at /-/exceptions as JSON', async () => {
    const collector = createExceptionCollector({ service: 'shop' });
    collector.report(new Error('ü'));
    await using server = await serving(collector.handler);
    for (const path of ['/-/exceptions', '/-/exceptions/', '/-/exceptions?a=b']) {
      const response = await server.get(path);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
      expect((await response.json()) as PeriskopExport).toEqual(
        JSON.parse(JSON.stringify(collector.export())),
      );
    }
    const head = await server.get('/-/exceptions', { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(100);
  });

  it('changes nothing, and says where exceptions are', async () => {
    await using server = await serving(createExceptionCollector({ service: 'shop' }).handler);
    const post = await server.get('/-/exceptions', { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const elsewhere = await server.get('/errors');
    expect([elsewhere.status, await elsewhere.text()]).toEqual([
      404,
      'not found; exceptions are at /-/exceptions\n',
    ]);
  });
});

describe('withExceptions', () => {
  it('reports what a listener throws or rejects with, answers 500 and serves the export', async () => {
    const collector = createExceptionCollector({ service: 'shop' });
    const listener = withExceptions(collector, async (request, response) => {
      if (request.url!.startsWith('/sync')) throw new Error('sync');
      let body = '';
      for await (const chunk of request) body += String(chunk);
      if (request.url === '/late') response.write('begun');
      if (request.url !== '/fine') throw new Error(`async, ${body} read`);
      response.end('fine');
    });
    await using server = await serving(listener);
    expect(await (await server.get('/fine')).text()).toBe('fine');
    expect((await server.get('/sync?token=S3CRET', { method: 'POST', body: 'b' })).status).toBe(500);
    expect((await server.get('/async', { method: 'POST', body: 'all of it' })).status).toBe(500);
    await expect(server.get('/late').then((response) => response.text())).rejects.toThrow();
    expect((await server.get('/-/exceptions')).status).toBe(200);
    expect(
      occurrences(collector)
        .map(({ error }) => error.message)
        .toSorted(),
    ).toEqual(['async,  read', 'async, all of it read', 'sync']);
  });
});

describe('expressErrorHandler', () => {
  async function expressApp(includeBody: boolean) {
    const collector = createExceptionCollector({ service: 'shop' });
    const app = express();
    app.use(collector.handler);
    app.use(express.json());
    const router = express.Router();
    router.post('/fail', (request) => {
      throw new Error(`failed with ${JSON.stringify(request.body)}`);
    });
    router.get('/missing', () => {
      throw Object.assign(new Error('missing'), { status: 404 });
    });
    app.use('/shop', router);
    app.use(expressErrorHandler(collector, { includeBody }));
    app.use(((_error, _request, response, _next) => {
      response.status(503).send('own answer');
    }) as express.ErrorRequestHandler);
    return { collector, server: await serving(app) };
  }
  const post = {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer S3CRET' },
    body: '{"id":1,"password":"S3CRET"}',
  };

  it('reports errors of 500 and above with the request, and passes them on', async () => {
    const { collector, server } = await expressApp(false);
    await using _ = server;
    const response = await server.get('/shop/fail?token=S3CRET&page=2', post);
    expect([response.status, await response.text()]).toEqual([503, 'own answer']);
    expect((await server.get('/shop/missing')).status).toBe(503);
    expect((await server.get('/-/exceptions')).status).toBe(200);
    const [occurrence, ...others] = occurrences(collector);
    expect(others).toEqual([]);
    expect(occurrence!.error.message).toBe('failed with {"id":1,"password":"S3CRET"}');
    expect(occurrence!.http_context).toMatchObject({
      request_method: 'POST',
      request_url: `${server.origin}/shop/fail?token=[redacted]&page=2`,
      request_headers: { authorization: '[redacted]', 'content-type': 'application/json' },
      request_body: null,
    });
  });

  it('keeps the parsed body where asked to, redacted', async () => {
    const { collector, server } = await expressApp(true);
    await using _ = server;
    await server.get('/shop/fail', post);
    expect(occurrences(collector)[0]!.http_context!.request_body).toBe('{"id":1,"password":"[redacted]"}');
  });
});
