import { waitFor } from '@binnacle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { TestServer } from '../testing/server.ts';

// The requests of Grafana's Prometheus data source, as its code makes them (times in seconds, forms by POST).

const RULES = `
groups:
  - name: shop
    rules:
      - {record: job:hits:sum, expr: sum by (job) (hits_total)}
      - {alert: Busy, expr: hits_total > 1, labels: {severity: page}, annotations: {summary: "too busy"}}
`;
let target: FakeTarget;
let server: TestServer;
let start: string;
let end: string;

beforeAll(async () => {
  target = await FakeTarget.start(
    '# TYPE hits counter\n# HELP hits Requests.\nhits_total{path="/"} 7 # {trace_id="abc"} 0.5\n' +
      '# TYPE took histogram\ntook_bucket{le="1"} 3\ntook_bucket{le="+Inf"} 4\ntook_count 4\ntook_sum 5\n# EOF\n',
  );
  target.contentType = 'application/openmetrics-text; version=1.0.0';
  const config = `
global: {scrape_interval: 200ms, evaluation_interval: 200ms}
rule_files: [rules.yml]
scrape_configs: [{job_name: shop, static_configs: [{targets: ["${target.address}"]}]}]`;
  server = await TestServer.start(config, {
    files: { 'rules.yml': RULES },
    flags: ['--enable-feature=exemplar-storage'],
  });
  await waitFor(
    async () => Object.keys(await server.query('job:hits:sum + on() group_left() ALERTS')).length === 1,
  );
  start = String(Math.floor(Date.now() / 1000) - 3600);
  end = String(Math.floor(Date.now() / 1000) + 1);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await target[Symbol.asyncDispose]();
});

const get = (path: string, params: Record<string, string> = {}) =>
  server.api<never>(`${path}?${new URLSearchParams(params)}`, { headers: { 'x-grafana-org-id': '1' } });

const post = (path: string, fields: Record<string, string>) =>
  server.api<never>(path, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'Grafana/12.0.0',
      'accept-encoding': 'gzip',
    },
    body: new URLSearchParams(fields).toString(),
  });

describe('Grafana’s Prometheus data source', () => {
  it('finds the server well: a heartbeat, and which Prometheus it is', async () => {
    expect(await post('/query', { query: '1+1', time: '4' })).toMatchObject({
      code: 200,
      data: { resultType: 'scalar', result: [4, '2'] },
    });
    expect(await get('/query', { query: '1+1', time: '4' })).toMatchObject({ data: { result: [4, '2'] } });
    const { data } = await get('/status/buildinfo');
    expect(data).toMatchObject({ version: expect.stringMatching(/^3\.\d+\.\d+$/) });
    // Where there is a field `features`, Grafana takes the server for a Mimir.
    expect(data).not.toHaveProperty('features');
  });

  it.each(['GET', 'POST'])('asks for series in a panel by %s', async (method) => {
    const params = { query: 'sum(rate(hits_total{path="/"}[1m0s])) or vector(1)', start, end, step: '15' };
    const { data, code } = await (method === 'GET' ? get : post)('/query_range', params);
    expect(code).toBe(200);
    expect(data).toMatchObject({ resultType: 'matrix', result: [{ metric: {} }] });
    const instant = await (method === 'GET' ? get : post)('/query', {
      query: 'took_bucket',
      time: `${end}.123`,
    });
    expect(instant.data).toMatchObject({
      resultType: 'vector',
      result: [{ metric: { le: '+Inf' } }, { metric: { le: '1.0' } }],
    });
  });

  it('shows the server’s words for a query that is wrong', async () => {
    expect(await post('/query_range', { query: 'sum(', start, end, step: '15' })).toMatchObject({
      code: 400,
      status: 'error',
      errorType: 'bad_data',
      error: expect.stringMatching(/^invalid parameter "query": 1:5: parse error: /),
    });
  });

  it.each(['GET', 'POST'])('fills its pickers by %s', async (method) => {
    const ask = method === 'GET' ? get : post;
    expect((await ask('/labels', { start, end })).data).toEqual(
      ['__name__', 'alertname', 'alertstate', 'instance', 'job', 'le', 'path', 'severity'].sort(),
    );
    const matched = await ask('/labels', {
      start,
      end,
      'match[]': '{__name__="hits_total"}',
      limit: '40000',
    });
    expect(matched.data).toEqual(['__name__', 'instance', 'job', 'path']);
    const series = await ask('/series', { start, end, 'match[]': 'hits_total', limit: '40000' });
    expect(series.data).toEqual([
      { __name__: 'hits_total', instance: target.address, job: 'shop', path: '/' },
    ]);
  });

  it('fills its metric picker and variables', async () => {
    const names = await get('/label/__name__/values', { start, end });
    expect(names.data).toContain('hits_total');
    const ofJob = await get('/label/__name__/values', { start, end, 'match[]': '{job="shop",path="/"}' });
    expect(ofJob.data).toEqual(expect.arrayContaining(['hits_total']));
    const found = await get('/label/le/values', { start, end, 'match[]': 'took_bucket', limit: '1' });
    expect(found).toMatchObject({ data: ['+Inf'], warnings: ['results truncated due to limit'] });
    expect((await get('/metadata', { limit: '5000' })).data).toEqual({
      hits: [{ type: 'counter', help: 'Requests.', unit: '' }],
      took: [{ type: 'histogram', help: '', unit: '' }],
    });
    expect((await get('/metadata', { metric: 'hits' })).data).toHaveProperty('hits');
  });

  it('shows exemplars', async () => {
    for (const ask of [get, post]) {
      const { data } = await ask('/query_exemplars', { query: 'rate(hits_total[5m])', start, end });
      expect(data).toEqual([
        {
          seriesLabels: { __name__: 'hits_total', instance: target.address, job: 'shop', path: '/' },
          exemplars: expect.arrayContaining([
            { labels: { trace_id: 'abc' }, value: '0.5', timestamp: expect.any(Number) },
          ]),
        },
      ]);
    }
  });

  it('shows rules and alerts', async () => {
    expect((await get('/rules')).data).toMatchObject({
      groups: [
        {
          name: 'shop',
          file: expect.stringMatching(/rules\.yml$/),
          interval: 0.2,
          rules: [
            { name: 'job:hits:sum', type: 'recording', health: 'ok', query: 'sum by (job) (hits_total)' },
            {
              name: 'Busy',
              type: 'alerting',
              state: 'firing',
              duration: 0,
              labels: { severity: 'page' },
              annotations: { summary: 'too busy' },
              alerts: [{ state: 'firing', value: '7e+00', labels: { alertname: 'Busy', job: 'shop' } }],
            },
          ],
        },
      ],
    });
    const onlyAlerts = await get('/rules', { type: 'alert', 'rule_name[]': 'Busy' });
    expect(onlyAlerts.data).toMatchObject({ groups: [{ rules: [{ name: 'Busy' }] }] });
    expect((await get('/alerts')).data).toMatchObject({ alerts: [{ state: 'firing' }] });
    expect((await get('/alertmanagers')).data).toMatchObject({ activeAlertmanagers: [] });
  });

  it('formats and parses what is typed', async () => {
    expect((await get('/format_query', { query: 'sum(rate(x[5m]))by(a)' })).data).toBe(
      'sum by (a) (rate(x[5m]))',
    );
    expect((await post('/parse_query', { query: 'hits_total' })).data).toMatchObject({
      type: 'vectorSelector',
    });
  });
});
