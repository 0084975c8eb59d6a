import { request } from 'node:http';
import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { FakeTarget, occurrence } from '../testing/fakeTarget.ts';
import { PushedServer } from '../testing/pusher.ts';
import { TestServer } from '../testing/server.ts';

const service = (target: FakeTarget, name = 'shop') =>
  `services: [{name: ${name}, static_configs: [{targets: ["${target.address}"]}], scraper: {endpoint: /-/exceptions, refresh_interval: 50ms}}]`;

const KEYS = [
  'k',
  '',
  'a/b',
  'a//b',
  '//',
  '/',
  ' spaced out ',
  '100%',
  '%2F',
  'a?b#c',
  '*errors.errorString@1f',
  'line\nbreak',
  'ключ',
  '..',
  'a/../b',
  '+',
];

describe('Periskop’s routes', () => {
  it('answer in its shapes: field order, unix seconds, newest first, trailing newline', async () => {
    await using target = await FakeTarget.start();
    const http_context = {
      request_method: 'POST',
      request_url: '/x?y',
      request_headers: { A: 'b' },
      request_body: null,
    };
    const cause = { class: 'Inner', message: '', stacktrace: null, cause: null };
    target.aggregates = [
      {
        key: 'k',
        count: 2,
        severity: 'fatal',
        createdAt: '2026-11-24T14:39:18.885965421Z',
        samples: [
          occurrence({ uuid: 'u1', timestamp: '2026-11-24T14:39:18.885958428Z', http_context }),
          occurrence({
            uuid: 'u2',
            timestamp: '2026-11-24T16:40:00+01:00',
            severity: 'fatal',
            error: { class: 'C', message: 'm', stacktrace: null, cause },
          }),
        ],
      },
    ];
    await using server = await TestServer.start(service(target));
    await server.waitForTotals({ k: 2 });
    const response = await fetch(`${server.url}/services/shop/errors/`);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.text()).toBe(
      `${JSON.stringify([
        {
          aggregation_key: 'k',
          total_count: 2,
          severity: 'fatal',
          latest_errors: [
            {
              error: { class: 'C', message: 'm', stacktrace: null, cause },
              uuid: 'u2',
              timestamp: 1795534800,
              severity: 'fatal',
              http_context: null,
            },
            {
              error: {
                class: 'TypeError',
                message: 'x is not a function',
                stacktrace: ['at a', 'at b'],
                cause: null,
              },
              uuid: 'u1',
              timestamp: 1795531158,
              severity: 'error',
              http_context,
            },
          ],
          created_at: 1795531158,
        },
      ])}\n`,
    );
    expect(await (await fetch(`${server.url}/services/`)).text()).toBe('["shop"]\n');
    expect(await (await fetch(`${server.url}/targets/`)).json()).toEqual({
      shop: [{ endpoint: `${target.address}/-/exceptions` }],
    });
    expect(await (await fetch(`${server.url}/-/health`)).text()).toBe('OK');
  });

  it('give a service without exceptions an empty list and an unknown one 404', async () => {
    await using target = await FakeTarget.start();
    await using server = await TestServer.start(service(target));
    expect(await server.get('/services/shop/errors/')).toEqual([]);
    const unknown = await fetch(`${server.url}/services/nobody/errors/`);
    expect([unknown.status, await unknown.text()]).toEqual([404, 'service nobody not found\n']);
  });

  it('want the slash at the end', async () => {
    await using fleet = await PushedServer.start(':memory:');
    await fleet.report('k');
    for (const path of ['/services', '/targets', '/services/shop/errors']) {
      expect((await fetch(fleet.server.url + path)).status).toBe(404);
    }
    expect((await fetch(`${fleet.server.url}/services/shop/errors/k`, { method: 'DELETE' })).status).toBe(
      404,
    );
    expect(await fleet.statusOf('k')).toBe('new');
  });

  it.each(KEYS)('resolve the key %j, encoded or as it is (trap T6)', async (key) => {
    await using fleet = await PushedServer.start(':memory:');
    await fleet.report(key);
    await fleet.report('other');
    expect(await rawDelete(fleet.server.url, `/services/shop/errors/${encodeURIComponent(key)}/`)).toBe(204);
    expect(await fleet.statusOf(key)).toBe('resolved');
    expect(await fleet.statusOf('other')).toBe('new');
    const left = await fleet.server.get<{ aggregation_key: string }[]>('/services/shop/errors/');
    expect(left.map(({ aggregation_key }) => aggregation_key)).toEqual(['other']);
  });

  it('resolve a key with // that is not encoded', async () => {
    await using fleet = await PushedServer.start(':memory:');
    await fleet.report('http://host//path');
    const response = await fetch(`${fleet.server.url}/services/shop/errors/http://host//path/`, {
      method: 'DELETE',
    });
    expect(response.status).toBe(204);
    expect(await fleet.statusOf('http://host//path')).toBe('resolved');
  });

  it('answer 204 for a key that is not there, 404 for a service that is not, 400 for what is no UTF-8', async () => {
    await using fleet = await PushedServer.start(':memory:');
    await fleet.report('k');
    const status = async (path: string) =>
      (await fetch(fleet.server.url + path, { method: 'DELETE' })).status;
    expect(await status('/services/shop/errors/nothing/')).toBe(204);
    expect(await status('/services/nobody/errors/k/')).toBe(404);
    expect(await status('/services/shop/errors/%ff/')).toBe(400);
  });

  it('never change anything on OPTIONS or GET', async () => {
    await using fleet = await PushedServer.start(':memory:');
    await fleet.report('k');
    for (const method of ['OPTIONS', 'GET', 'HEAD']) {
      await fetch(`${fleet.server.url}/services/shop/errors/k/`, {
        method,
        headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'DELETE' },
      });
    }
    expect(await fleet.statusOf('k')).toBe('new');
  });

  it('do not bring a resolved exception back at the next scrape', async () => {
    await using target = await FakeTarget.start();
    target.report('k', 2);
    await using server = await TestServer.start(service(target));
    await server.waitForTotals({ k: 2 });
    await fetch(`${server.url}/services/shop/errors/k/`, { method: 'DELETE' });
    target.report('other');
    await server.waitForTotals({ k: 2, other: 1 });
    const seen = target.requests;
    await waitFor(() => target.requests > seen + 2);
    expect(await server.get<unknown[]>('/services/shop/errors/')).toHaveLength(1);
  });

  it('show first sight where a client names no time of creation', async () => {
    await using fleet = await PushedServer.start(':memory:');
    await fleet.server.post('/api/v1/push?service=shop', {
      aggregated_errors: [{ aggregation_key: 'k', total_count: 1 }],
      target_uuid: 't',
    });
    const [first] =
      await fleet.server.get<{ created_at: number; severity: string; latest_errors: [] }[]>(
        '/services/shop/errors/',
      );
    expect(first).toMatchObject({
      created_at: fleet.clock.now() / 1000,
      severity: 'error',
      latest_errors: [],
    });
  });

  it('serve the server’s own exceptions and metrics', async () => {
    await using fleet = await PushedServer.start(':memory:');
    expect(await fleet.server.get('/errors')).toMatchObject({ aggregated_errors: [] });
    expect(await (await fetch(`${fleet.server.url}/metrics`)).text()).toMatch(/exceptions_total/);
  });
});

/** As a client that does not tidy up the path first. */
async function rawDelete(url: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const call = request({ hostname, port, path, method: 'DELETE' }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    call.once('error', reject).end();
  });
}
