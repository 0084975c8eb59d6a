import { Labels } from '@binnacle/model';
import { Tsdb } from '@binnacle/tsdb';
import { waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { TestServer } from '../testing/server.ts';

const HOUR_MS = 3_600_000;

it('/status/tsdb/blocks tells of every block', async () => {
  const startMs = Date.now() - 3 * HOUR_MS;
  await using server = await TestServer.start('', {
    prepare: async (folder) => {
      const store = Tsdb.open({ folder });
      const batch = store.batch();
      batch.append(store.getOrCreateSeries(Labels.from({ __name__: 'a' })), startMs, 1);
      batch.commit();
      await store.flush();
      await store.close();
    },
  });
  expect((await server.api('/status/tsdb/blocks')).data).toEqual({
    blocks: [
      {
        ulid: expect.stringMatching(/^[0-9A-Z]{26}$/),
        minTime: startMs,
        maxTime: startMs + 1,
        stats: expect.objectContaining({ numSamples: 1, numSeries: 1, numChunks: 1 }),
        compaction: { level: 1, sources: [expect.any(String)], parents: [] },
        version: 1,
      },
    ],
  });
});

it('/status/self_metrics gives this server’s metrics as Prometheus’s protobuf in JSON', async () => {
  await using server = await TestServer.start();
  await server.query('up');
  const ask = (pattern: string) =>
    server.api<{ name: string; type: string; metric: object[] }[]>(
      `/status/self_metrics?metric_name_pattern=${encodeURIComponent(pattern)}`,
    );
  expect((await ask('prometheus_tsdb_head_series')).data).toEqual([
    {
      name: 'prometheus_tsdb_head_series',
      help: expect.any(String),
      type: 'GAUGE',
      metric: [{ label: [], gauge: { value: 0 } }],
    },
  ]);
  const [histogram] = (await ask('prometheus_engine_query_duration_.*')).data;
  expect(histogram).toMatchObject({
    type: 'HISTOGRAM',
    metric: [
      {
        label: [],
        histogram: {
          sampleCount: '1',
          bucket: expect.arrayContaining([{ cumulativeCount: '1', upperBound: 'Infinity' }]),
        },
      },
    ],
  });
  const [counter] = (await ask('prometheus_tsdb_samples_refused_total')).data;
  expect(counter!.metric).toContainEqual({
    label: [{ name: 'reason', value: 'out_of_order' }],
    counter: { value: 0 },
  });
  expect((await ask('')).data.length).toBeGreaterThan(20);
  expect(await ask('(')).toMatchObject({ code: 400, error: /^invalid parameter "metric_name_pattern"/ });
});

it('/scrape_pools and their configuration, without secrets, also of further files', async () => {
  await using target = await FakeTarget.start('a 1\n');
  const section = (job: string): string => `
  - job_name: ${job}
    scrape_interval: 30s
    basic_auth: {username: u, password: hidden}
    relabel_configs: [{source_labels: [__address__], target_label: where}]
    ec2_sd_configs: [{region: nowhere-1, access_key: AKID, secret_key: hidden, endpoint: "127.0.0.1:1"}]
    static_configs: [{targets: ["${target.address}"]}]`;
  await using server = await TestServer.start(
    `scrape_config_files: [more.yml]\nscrape_configs:${section('shop')}`,
    { files: { 'more.yml': `scrape_configs:${section('bank')}` } },
  );
  expect((await server.api('/scrape_pools')).data).toEqual({ scrapePools: ['bank', 'shop'] });
  for (const pool of ['shop', 'bank']) {
    const { data } = await server.api<{ yaml: string }>(`/scrape_pools/config?scrapePool=${pool}`);
    expect(data.yaml).toContain(`job_name: ${pool}\nscrape_interval: 30s\n`);
    expect(data.yaml).toContain('access_key: AKID');
    expect(data.yaml).toContain('secret_key: <secret>');
    expect(data.yaml).not.toContain('hidden');
  }
  expect(await server.api('/scrape_pools/config?scrapePool=x')).toMatchObject({
    code: 404,
    errorType: 'not_found',
  });
  expect(await server.api('/scrape_pools/config')).toMatchObject({ code: 400, errorType: 'bad_data' });

  await waitFor(
    async () => (await server.api<{ activeTargets: unknown[] }>('/targets')).data.activeTargets.length === 2,
  );
  const labels = encodeURIComponent(JSON.stringify({ __address__: 'a:1', job: 'shop' }));
  expect((await server.api(`/targets/relabel_steps?scrapePool=shop&labels=${labels}`)).data).toMatchObject({
    steps: [
      {
        rule: { action: 'replace', source_labels: ['__address__'], target_label: 'where' },
        output: { __address__: 'a:1', job: 'shop', where: 'a:1' },
        keep: true,
      },
    ],
  });
  expect(await server.api(`/targets/relabel_steps?scrapePool=x&labels=${labels}`)).toMatchObject({
    code: 404,
  });
  expect(await server.api('/targets/relabel_steps?scrapePool=shop&labels=x')).toMatchObject({ code: 400 });
});

it.each([
  ['retention: {time: 1w, size: 5GB}', /^1w or 5368709120B$/],
  ['retention: {percentage: 10}', /^15d or \d{8,}B$/],
])('a retention in the file holds: %s', async (retention, shown) => {
  await using server = await TestServer.start(`storage: {tsdb: {${retention}}}`);
  const { data } = await server.api<{ storageRetention: string }>('/status/runtimeinfo');
  expect(data.storageRetention).toMatch(shown);
});

it('/version says what the build is', async () => {
  await using server = await TestServer.start();
  expect(await (await server.fetch('/version')).json()).toEqual((await server.api('/status/buildinfo')).data);
});
