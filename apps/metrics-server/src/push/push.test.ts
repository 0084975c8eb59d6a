import { waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';

const CONFIG = 'global: {scrape_interval: 100ms}';
const send = (server: TestServer, method: string, path: string, body?: string): Promise<Response> =>
  server.fetch(`/metrics/job${path}`, { method, ...(body !== undefined && { body }) });

describe('the push gateway', () => {
  it('keeps what is pushed until it is replaced or deleted', async () => {
    await using server = await TestServer.start(CONFIG);
    const body = '# TYPE a gauge\na 1\n# TYPE b counter\nb{x="1",job="mine"} 2\n';
    expect((await send(server, 'PUT', '/backup/instance/db', body)).status).toBe(200);
    expect(await server.query('{job="backup",__name__=~"a|b"}')).toEqual({
      '{__name__="a", instance="db", job="backup"}': '1',
      '{__name__="b", instance="db", job="backup", x="1"}': '2',
    });
    const first = await server.query('timestamp(a)');
    await waitFor(async () => JSON.stringify(await server.query('timestamp(a)')) !== JSON.stringify(first));
    await send(server, 'POST', '/backup/instance/db', 'a 5\n');
    expect(Object.values(await server.query('a'))).toEqual(['5']);
    expect(Object.values(await server.query('b'))).toEqual(['2']);
    await send(server, 'PUT', '/backup/instance/db', 'a 6\n');
    expect(await server.query('b')).toEqual({});
    expect(Object.keys(await server.query('push_time_seconds'))).toHaveLength(1);
    expect((await send(server, 'DELETE', '/backup/instance/db')).status).toBe(202);
    expect(await server.query('{job="backup"}')).toEqual({});
  });

  it('reads groups from encoded paths', async () => {
    await using server = await TestServer.start(CONFIG);
    await send(server, 'PUT', '@base64/YS9i/path@base64/L3Zhci8/empty@base64/=', 'a 1\n');
    await send(server, 'PUT', '/a%20b', 'a 2\n');
    expect(await server.query('a')).toEqual({
      '{__name__="a", job="a/b", path="/var/"}': '1',
      '{__name__="a", job="a b"}': '2',
    });
  });

  it('has everything after a restart', async () => {
    await using server = await TestServer.start(CONFIG);
    await send(server, 'PUT', '/backup', 'a NaN\nb 2\n');
    await server.restart();
    const at = Date.now() / 1000;
    await waitFor(async () => Number(Object.values(await server.query('timestamp(b)'))[0]) > at);
    const { data } = (await (await server.fetch('/api/v1/metrics')).json()) as { data: object[] };
    expect(data).toMatchObject([
      { labels: { job: 'backup' }, last_push_successful: true, a: { metrics: [{ value: 'NaN' }] } },
    ]);
  });

  it.each([
    ['/backup', 'a 1 1000\n', /must not have timestamps/],
    ['/backup', 'a{ 1\n', /expected/],
    ['/backup', 'a 1\na 2\n', /two samples of one series/],
    ['/backup', 'push_time_seconds 1\n', /gateway's own/],
    ['/backup/instance', 'a 1\n', /expected pairs/],
    ['/backup/__x/y', 'a 1\n', /improper label name/],
    ['/', 'a 1\n', /job name is required/],
  ])('refuses %s %j', async (path, body, message) => {
    await using server = await TestServer.start(CONFIG);
    const answer = await send(server, 'PUT', path, body);
    expect(answer.status).toBe(400);
    expect(await answer.text()).toMatch(message);
    expect(await server.query('a')).toEqual({});
  });
});
