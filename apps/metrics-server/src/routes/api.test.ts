import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';

const NOW = Math.floor(Date.now() / 1000);
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start('global: {external_labels: {region: eu}}', {
    flags: ['--web.enable-admin-api', '--query.lookback-delta=5m'],
  });
  const samples = Array.from({ length: 10 }, (_, i) => [NOW - 150 + 15 * i, 10 * i] as const);
  const answer = await server.write1([
    { labels: { __name__: 'hits_total', job: 'api', instance: 'a' }, samples },
    { labels: { __name__: 'hits_total', job: 'api', instance: 'b' }, samples },
    { labels: { __name__: 'temp', job: 'lab', 'my.label': 'x' }, samples },
  ]);
  expect(answer.status).toBe(204);
});
afterAll(() => server[Symbol.asyncDispose]());

describe('queries', () => {
  it('answer in Prometheus’s envelope', async () => {
    expect(await server.api(`/query?query=sum(hits_total)&time=${NOW}`)).toEqual({
      code: 200,
      status: 'success',
      data: { resultType: 'vector', result: [{ metric: {}, value: [NOW, '180'] }] },
    });
    expect(await server.api('/query?query=1%2B1&time=2015-07-01T20:10:51.781Z')).toMatchObject({
      data: { resultType: 'scalar', result: [1435781451.781, '2'] },
    });
    const range = await server.api<{ result: { values: [number, string][] }[] }>(
      `/query_range?query=temp&start=${NOW - 60}&end=${NOW}&step=30s`,
    );
    expect(range.data.result[0]!.values).toEqual([
      [NOW - 60, '60'],
      [NOW - 30, '80'],
      [NOW, '90'],
    ]);
  });

  it('take forms', async () => {
    const body = new URLSearchParams({ query: 'count(hits_total)', time: String(NOW), stats: 'all' });
    expect(await server.api('/query', { method: 'POST', body })).toMatchObject({
      data: { result: [{ value: [NOW, '2'] }], stats: { samples: { totalQueryableSamples: 20 } } },
    });
  });

  it('give the plan with what each node did, when asked', async () => {
    const query = encodeURIComponent('sum(temp)');
    const answer = await server.api(`/query?query=${query}&time=${NOW}&explain=1`);
    const selector = { expression: 'temp', operation: 'vectorSelector', series: 1, samples: 1 };
    expect(answer).toMatchObject({
      data: {
        result: [{ value: [NOW, '90'] }],
        explain: { expression: 'sum(temp)', operation: 'aggregation', series: 1, children: [selector] },
      },
    });
    const times = { totalMs: expect.any(Number) as number, selfMs: expect.any(Number) as number };
    expect(answer).toMatchObject({ data: { explain: times } });
  });

  it('cut results at a limit and say so', async () => {
    const answer = await server.api<{ result: unknown[] }>(`/query?query=hits_total&time=${NOW}&limit=1`);
    expect(answer.data.result).toHaveLength(1);
    expect(answer.warnings).toEqual(['results truncated due to limit']);
  });

  it.each([
    ['/query?query=up%5B', 400, 'bad_data', /^invalid parameter "query": 1:4: parse error/],
    [
      '/query?query=1&time=nonsense',
      400,
      'bad_data',
      'invalid parameter "time": cannot parse "nonsense" to a valid timestamp',
    ],
    [
      '/query?query=1&timeout=x',
      400,
      'bad_data',
      'invalid parameter "timeout": cannot parse "x" to a valid duration',
    ],
    ['/query?query=1&limit=-1', 400, 'bad_data', 'invalid parameter "limit": limit must be non-negative'],
    [
      '/query_range?query=1&start=2&end=1&step=1',
      400,
      'bad_data',
      'invalid parameter "end": end timestamp must not be before start time',
    ],
    ['/query_range?query=1&start=0&end=1&step=0', 400, 'bad_data', /zero or negative query resolution step/],
    [
      '/query_range?query=1&start=0&end=11001&step=1',
      400,
      'bad_data',
      /exceeded maximum resolution of 11,000 points/,
    ],
    [
      '/query_range?query=1&end=1&step=1',
      400,
      'bad_data',
      'invalid parameter "start": cannot parse "" to a valid timestamp',
    ],
    [`/query?time=${NOW}&query=hits_total%20*%20on(job)%20hits_total`, 422, 'execution', /many-to-many/],
    ['/series', 400, 'bad_data', 'no match[] parameter provided'],
    ['/series?match[]=up%7B', 400, 'bad_data', /^invalid parameter "match\[\]"/],
    ['/nowhere', 404, 'not_found', /no route/],
  ])('refuse %s', async (path, code, errorType, error) => {
    const answer = await server.api(path);
    expect(answer).toMatchObject({ code, status: 'error', errorType });
    expect(answer.error).toMatch(error);
  });

  it('allow 11,001 points', async () => {
    expect((await server.api('/query_range?query=vector(1)&start=0&end=11000&step=1')).code).toBe(200);
  });

  it('format and parse', async () => {
    expect((await server.api('/format_query?query=sum(rate(x%5B5m%5D))by(a)')).data).toBe(
      'sum by (a) (rate(x[5m]))',
    );
    expect((await server.api('/parse_query?query=foo')).data).toMatchObject({
      type: 'vectorSelector',
      name: 'foo',
    });
  });
});

describe('series and labels', () => {
  it('find series', async () => {
    const { data } = await server.api('/series?match[]=temp&match[]=hits_total{instance="a"}');
    expect(data).toEqual([
      { __name__: 'hits_total', instance: 'a', job: 'api' },
      { __name__: 'temp', job: 'lab', 'my.label': 'x' },
    ]);
    expect((await server.api(`/series?match[]=temp&end=${NOW - 3600}`)).data).toEqual([]);
    const oldOnly = `/series?match[]=temp&start=${NOW - 86_400}&end=${NOW + 864_000}`;
    expect((await server.api(oldOnly)).data).toEqual((data as unknown[]).slice(1));
  });

  it('list names and values, also of escaped names', async () => {
    expect((await server.api('/labels')).data).toEqual(['__name__', 'instance', 'job', 'my.label']);
    expect((await server.api('/labels?match[]=temp')).data).toEqual(['__name__', 'job', 'my.label']);
    expect((await server.api('/label/job/values')).data).toEqual(['api', 'lab']);
    expect((await server.api('/label/job/values?match[]=temp')).data).toEqual(['lab']);
    expect((await server.api('/label/U__my_2e_label/values')).data).toEqual(['x']);
    expect(await server.api('/label/job/values?limit=1')).toMatchObject({
      data: ['api'],
      warnings: ['results truncated due to limit'],
    });
  });
});

describe('the rest', () => {
  it('status pages answer', async () => {
    expect((await server.api('/status/config')).data).toEqual({
      yaml: 'global: { external_labels: { region: eu } }\n',
    });
    expect((await server.api<Record<string, string>>('/status/flags')).data['query.lookback-delta']).toBe(
      '5m',
    );
    expect((await server.api('/status/tsdb')).data).toMatchObject({
      headStats: { numSeries: 3 },
      seriesCountByMetricName: [
        { name: 'hits_total', value: 2 },
        { name: 'temp', value: 1 },
      ],
    });
    expect((await server.api('/status/runtimeinfo')).data).toMatchObject({
      reloadConfigSuccess: true,
      storageRetention: '15d',
    });
    expect((await server.api('/alertmanagers')).data).toEqual({
      activeAlertmanagers: [],
      droppedAlertmanagers: [],
    });
  });

  it('/federate adds external labels and an empty instance', async () => {
    const answer = await server.fetch('/federate?match[]=temp&match[]=hits_total{instance="a"}');
    expect(answer.headers.get('content-type')).toContain('version=0.0.4');
    const at = (NOW - 15) * 1000;
    expect((await answer.text()).split('\n')).toEqual([
      '# TYPE hits_total untyped',
      `hits_total{instance="a",job="api",region="eu"} 90 ${at}`,
      '# TYPE temp untyped',
      `temp{instance="",job="lab","my.label"="x",region="eu"} 90 ${at}`,
      '',
    ]);
  });

  it('CORS, gzip and the lifecycle are as in Prometheus', async () => {
    const answer = await server.fetch('/api/v1/query_range?query=vector(1)&start=0&end=1000&step=1', {
      headers: { origin: 'https://grafana.example', 'accept-encoding': 'gzip' },
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect((await server.fetch('/-/reload', { method: 'POST' })).status).toBe(403);
    expect((await server.fetch('/-/healthy')).status).toBe(200);
  });

  it('deletes series, takes snapshots, and keeps everything over a restart', async () => {
    const gone = await server.fetch('/api/v1/admin/tsdb/delete_series?match[]=temp', { method: 'POST' });
    expect(gone.status).toBe(204);
    expect(await server.query('temp', NOW)).toEqual({});
    const { data } = await server.api<{ name: string }>('/admin/tsdb/snapshot', { method: 'POST' });
    expect(data.name).toMatch(/^\d+T\d+Z-[0-9a-f]{16}$/);
    await server.restart();
    expect(await server.query('sum(hits_total)', NOW)).toEqual({ '{}': '180' });
    expect(await server.query('temp', NOW)).toEqual({});
  });
});
