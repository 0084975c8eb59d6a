import { connect } from 'node:net';
import { once } from 'node:events';
import { freePort, waitFor } from '@binnacle/testing';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { demoService } from '../fixtures/demoService.ts';
import { startService, type RunningService } from '../startService.ts';

const log = pino({ level: 'silent' });

const start = (...argv: string[]) =>
  startService(demoService, { argv: ['--web.listen-address=127.0.0.1:0', ...argv], log });

async function answer(running: RunningService, path: string, init?: RequestInit) {
  const response = await fetch(running.url + path, init);
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

test('errors have one shape, and one that nobody expected is reported without being shown', async () => {
  await using running = await start('--web.max-request-size=1KB');
  const json = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const errorOf = async (path: string, init?: RequestInit) => {
    const { status, body } = await answer(running, path, init);
    return [status, body.error.code, body.error.message];
  };
  expect(await errorOf('/nowhere?x=1')).toEqual([404, 'NOT_FOUND', 'no route GET /nowhere']);
  expect(await errorOf('/teapot')).toEqual([418, 'TEAPOT', 'I am a teapot']);
  expect(await errorOf('/echo', { ...json, body: '{"n":"x"}' })).toEqual([
    400,
    'BAD_REQUEST',
    'body/n must be integer',
  ]);
  expect(await errorOf('/echo', { ...json, body: '{"n":1,"m":2}' })).toEqual([
    400,
    'BAD_REQUEST',
    'body must NOT have additional properties',
  ]);
  expect(await errorOf('/echo', { ...json, body: '{"n":' })).toEqual([
    400,
    'BAD_REQUEST',
    expect.any(String),
  ]);
  expect(await errorOf('/echo', { ...json, body: 'x'.repeat(2000) })).toEqual([
    413,
    'BODY_TOO_LARGE',
    'the body is larger than this server accepts (--web.max-request-size)',
  ]);
  expect(await errorOf('/echo', { method: 'POST', headers: { 'content-type': 'a/b' }, body: 'x' })).toEqual([
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    expect.any(String),
  ]);
  expect(await errorOf('/part/%zz')).toEqual([400, 'BAD_URL', 'the path is not valid percent-encoded UTF-8']);
  expect(await errorOf(`/part/${'x'.repeat(5000)}`)).toEqual([414, 'URL_TOO_LONG', expect.any(String)]);
  expect(await errorOf('/throw-null')).toEqual([500, 'INTERNAL', expect.any(String)]);
  const [status, code, message] = await errorOf('/boom', { headers: { 'x-request-id': 'call-7' } });
  expect([status, code]).toEqual([500, 'INTERNAL']);
  expect(message).toBe("internal error; the server's log has it under request id call-7");
  expect(JSON.stringify((await answer(running, '/-/exceptions')).body)).toContain('the secret is 12345');
});

test('a route may have its own shape of errors', async () => {
  await using running = await start();
  expect(await answer(running, '/peer')).toMatchObject({
    status: 422,
    body: { status: 'error', errorType: 'EXECUTION' },
  });
});

test('a request id is kept when it is harmless and made otherwise', async () => {
  await using running = await start();
  const idOf = async (given: string) =>
    (await answer(running, '/greet', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
  expect(await idOf('abc-1.2:3')).toBe('abc-1.2:3');
  expect(await idOf('a b')).toMatch(/^[0-9a-f-]{36}$/);
  expect(await idOf('x'.repeat(65))).toMatch(/^[0-9a-f-]{36}$/);
});

test('an answer that takes too long is a 503', async () => {
  await using running = await start('--web.request-timeout=50ms', '--shutdown.deadline=10ms');
  expect(await answer(running, '/stuck')).toMatchObject({
    status: 503,
    body: { error: { code: 'TIMEOUT' } },
  });
});

test('a route with a time of its own is not cut with the others', async () => {
  await using running = await start('--web.request-timeout=50ms', '--shutdown.deadline=10ms');
  const patient = answer(running, '/patient');
  expect(await answer(running, '/stuck')).toMatchObject({ status: 503 });
  await answer(running, '/release', { method: 'POST' });
  expect(await patient).toMatchObject({ status: 200, body: { done: true } });
});

test('what is not HTTP, too large or too slow is answered in the same shape', async () => {
  await using running = await start('--web.read-timeout=300ms');
  const send = async (text: string): Promise<string> => {
    const socket = connect(running.port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.write(text);
    await once(socket, 'close');
    return received;
  };
  const [notHttp, large, slow] = await Promise.all([
    send('NONSENSE\r\n\r\n'),
    send(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`),
    send('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\nx'),
  ]);
  expect(notHttp).toMatch(/^HTTP\/1.1 400 .*"code":"BAD_REQUEST"/s);
  expect(large).toMatch(/^HTTP\/1.1 431 .*"code":"HEADERS_TOO_LARGE"/s);
  expect(slow).toMatch(/^HTTP\/1.1 408 .*"code":"TIMEOUT"/s);
});

test('connections above the limit are refused and counted', async () => {
  await using running = await start('--web.max-connections=2', '--shutdown.deadline=1s');
  const sockets = [1, 2].map(() => connect(running.port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const third = connect(running.port, '127.0.0.1').on('error', () => undefined);
  await once(third, 'close');
  for (const socket of sockets) socket.destroy();
  const { body } = await running.app.inject('/metrics');
  expect(body).toContain('demo_server_http_refused_total{reason="connections"} 1');
});

test('readiness and health answer as text, and a reason makes 503', async () => {
  await using running = await start('--demo.not-ready=the log is replayed');
  expect(await answer(running, '/-/healthy')).toMatchObject({
    status: 200,
    body: 'demo-server is healthy.\n',
  });
  expect(await answer(running, '/-/ready')).toMatchObject({
    status: 503,
    body: 'demo-server is not ready: the log is replayed\n',
  });
});

test("while the service starts, health answers and the service's routes are a 503", async () => {
  const port = await freePort();
  const argv = [
    `--web.listen-address=127.0.0.1:${port}`,
    '--demo.start-delay=400ms',
    '--demo.not-ready=2 of 3 parts are there',
  ];
  const starting = startService(demoService, { argv, log });
  const url = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await fetch(`${url}/-/healthy`)).ok);
  expect((await fetch(`${url}/-/ready`)).status).toBe(503);
  const early = await fetch(`${url}/greet`);
  expect(early.status).toBe(503);
  expect(await early.json()).toEqual({
    error: { code: 'NOT_READY', message: 'demo-server is not ready: it is starting: 2 of 3 parts are there' },
  });
  expect(await (await fetch(`${url}/early`)).text()).toBe('here');
  expect(await (await fetch(`${url}/-/reload`, { method: 'POST' })).text()).toContain('it is starting');
  await using running = await starting;
  expect((await fetch(`${running.url}/greet`)).status).toBe(200);
});

test('a start that fails stops what it began', async () => {
  await expect(start('--demo.fail-start')).rejects.toThrow('cannot open the store');
  await using running = await start();
  const taken = `--web.listen-address=127.0.0.1:${running.port}`;
  await expect(startService(demoService, { argv: [taken], log })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${running.port}: another program listens there; stop it or choose another --web.listen-address`,
  );
});

test('lifecycle routes can be switched off, are for POST and PUT, and not for pages of other sites', async () => {
  await using off = await start('--no-web.enable-lifecycle');
  expect((await answer(off, '/-/reload', { method: 'POST' })).status).toBe(403);
  expect((await answer(off, '/-/quit', { method: 'PUT' })).status).toBe(403);
  await using on = await start();
  expect((await answer(on, '/-/quit')).status).toBe(405);
  expect((await answer(on, '/-/reload', { method: 'POST' })).status).toBe(200);
  expect((await answer(on, '/-/reload', { method: 'PUT' })).status).toBe(200);
  for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
    expect(await on.app.inject({ method: 'POST', url: '/-/quit', headers })).toMatchObject({
      statusCode: 403,
    });
  }
  const sameSite = { host: 'a:1', origin: 'http://a:1' };
  expect(await on.app.inject({ method: 'POST', url: '/-/reload', headers: sameSite })).toMatchObject({
    statusCode: 200,
  });
});

test('origins that match may read, and a preflight needs no credentials', async () => {
  await using running = await start('--web.cors.origin=https?://(a|b)\\.example');
  const headersFor = async (origin: string) =>
    (await answer(running, '/greet', { headers: { origin } })).headers.get('access-control-allow-origin');
  expect(await headersFor('https://a.example')).toBe('https://a.example');
  expect(await headersFor('https://a.example.evil')).toBeNull();
  const preflight = await running.app.inject({
    method: 'OPTIONS',
    url: '/echo',
    headers: { origin: 'http://b.example', 'access-control-request-method': 'POST' },
  });
  expect(preflight.statusCode).toBe(204);
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': 'http://b.example',
    vary: 'Origin',
  });
  await using closed = await start();
  expect(
    (await answer(closed, '/greet', { headers: { origin: 'https://a.example' } })).headers.get('vary'),
  ).toBeNull();
});

test('the path of the external URL prefixes every route', async () => {
  await using running = await start('--web.external-url=https://example.com/tools/demo/');
  expect(running.url).toMatch(/\/tools\/demo$/);
  expect((await answer(running, '/greet')).status).toBe(200);
  expect((await answer(running, '/external-url')).body).toBe('https://example.com/tools/demo');
  const { origin } = new URL(running.url);
  expect((await fetch(`${origin}/greet`)).status).toBe(404);
  expect((await fetch(`${origin}/`, { redirect: 'manual' })).headers.get('location')).toBe('/tools/demo/');
  await using other = await start('--web.external-url=https://example.com/a', '--web.route-prefix=/');
  expect((await fetch(`${new URL(other.url).origin}/greet`)).status).toBe(200);
});
