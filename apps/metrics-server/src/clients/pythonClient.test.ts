import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  describeWith,
  freePort,
  startProcess,
  tempDir,
  waitFor,
  type RunningProcess,
  type TempDir,
} from '@binnacle/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';

/** A service with every type of metric that Python's client has. */
const SERVICE = `
import sys, time
from prometheus_client import CollectorRegistry, Counter, Enum, Gauge, Histogram, Info, Summary, start_http_server

registry = CollectorRegistry()
orders = Counter("orders", "Orders with a \\\\ and\\na line", ["shop"], registry=registry)
orders.labels('a "quoted" \\\\ shop\\n\\u00e9').inc(3, exemplar={"trace_id": "abc"})
Gauge("depth", "Depth", unit="meters", registry=registry).set(-1.5)
Summary("size", "Sizes", unit="bytes", registry=registry).observe(7)
took = Histogram("took", "Times", unit="seconds", buckets=(0.1, 1, 10), registry=registry)
took.observe(0.5, exemplar={"trace_id": "def"})
took.observe(70)
Info("build", "Build", registry=registry).info({"version": "1.2"})
Enum("state", "State", states=["idle", "busy"], registry=registry).state("busy")
start_http_server(int(sys.argv[1]), addr="127.0.0.1", registry=registry)
while True:
    time.sleep(60)
`;

describeWith('python', 'Python’s prometheus_client', () => {
  let folder: TempDir;
  let port: number;
  let service: RunningProcess;

  beforeAll(async () => {
    folder = tempDir('prometheus-client');
    writeFileSync(join(folder.path, 'service.py'), SERVICE);
    const options = ['--quiet', '--disable-pip-version-check', '--root-user-action=ignore'];
    const packages = ['--target', folder.path, 'prometheus-client==0.23.1'];
    await promisify(execFile)('python3', ['-m', 'pip', 'install', ...options, ...packages]);
    port = await freePort();
    service = await startProcess({
      command: 'python3',
      args: [join(folder.path, 'service.py'), String(port)],
      readyUrl: `http://127.0.0.1:${port}/metrics`,
    });
  }, 180_000);
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    folder.remove();
  });

  it('says when its counters began, over OpenMetrics, and a second server learns it', async () => {
    const accept = { accept: 'application/openmetrics-text; version=1.0.0' };
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: accept })).text();
    const began = (name: string): number => Number(new RegExp(`^${name}(?:{.*})? (.*)$`, 'm').exec(text)![1]);
    const engine = '--enable-feature=use-start-timestamps,promql-experimental-functions';
    await using second = await TestServer.start('', { flags: [engine] });
    const config = `
global: {scrape_interval: 200ms}
scrape_configs: [{job_name: python, static_configs: [{targets: ["127.0.0.1:${port}"]}]}]
remote_write: [{url: "${second.url}/api/v1/write", protobuf_message: io.prometheus.write.v2.Request}]`;
    await using first = await TestServer.start(config, { flags: ['--enable-feature=st-storage', engine] });
    for (const server of [first, second]) {
      await waitFor(async () => Object.keys(await server.query('orders_total')).length === 1, {
        timeoutMs: 20_000,
      });
      const startOf = async (query: string): Promise<number> =>
        Number(Object.values(await server.query(`start_timestamp(${query})`))[0]);
      expect(await startOf('orders_total')).toBeCloseTo(began('orders_created'), 3);
      expect(await startOf('took_seconds_bucket{le="+Inf"}')).toBeCloseTo(began('took_seconds_created'), 3);
      expect(await startOf('size_bytes_sum')).toBeCloseTo(began('size_bytes_created'), 3);
      expect(await startOf('depth_meters')).toBe(0);
      expect(await server.query('{__name__=~".*_created"}')).toEqual({});
    }
  });

  describe.each([
    ['PrometheusText0.0.4', false],
    ['OpenMetricsText1.0.0', true],
  ])('in %s', (protocol, isOpenMetrics) => {
    it('is scraped with every type of metric', async () => {
      const config = `
global: {scrape_interval: 1s, scrape_protocols: [${protocol}]}
scrape_configs: [{job_name: python, static_configs: [{targets: ["127.0.0.1:${port}"]}]}]`;
      await using server = await TestServer.start(config, { flags: ['--enable-feature=exemplar-storage'] });
      await waitFor(async () => Object.values(await server.query('up'))[0] === '1');
      const value = async (query: string): Promise<string | undefined> =>
        Object.values(await server.query(query))[0];

      const labels = { shop: 'a "quoted" \\ shop\né', instance: `127.0.0.1:${port}`, job: 'python' };
      const { data } = await server.api<{ result: { metric: object; value: [number, string] }[] }>(
        '/query?query=orders_total',
      );
      expect(data.result.map((each) => [each.metric, each.value[1]])).toEqual([
        [{ __name__: 'orders_total', ...labels }, '3'],
      ]);
      expect(await value('depth_meters')).toBe('-1.5');
      expect([await value('size_bytes_count'), await value('size_bytes_sum')]).toEqual(['1', '7']);
      expect(await value('took_seconds_bucket{le="1.0"}')).toBe('1');
      expect(await value('took_seconds_bucket{le="+Inf"}')).toBe('2');
      expect(await value('took_seconds_sum')).toBe('70.5');
      expect(await value('histogram_quantile(0.5, took_seconds_bucket)')).toBe('1');
      expect(await value('build_info{version="1.2"}')).toBe('1');
      expect(await value('state{state="busy"} - ignoring(state) state{state="idle"}')).toBe('1');
      expect(Number(await value('time() - orders_created'))).toBeLessThan(600);

      const metadata = await server.api<Record<string, [{ type: string; help: string }]>>('/metadata');
      const family = isOpenMetrics ? 'orders' : 'orders_total';
      expect(metadata.data[family]).toEqual([
        { type: 'counter', help: 'Orders with a \\ and\na line', unit: '' },
      ]);
      expect(metadata.data['took_seconds']![0].type).toBe('histogram');
      const exemplars = await server.api<{ seriesLabels: object; exemplars: { labels: object }[] }[]>(
        '/query_exemplars?query=orders_total',
      );
      expect(exemplars.data.map((each) => each.exemplars[0]!.labels)).toEqual(
        isOpenMetrics ? [{ trace_id: 'abc' }] : [],
      );
    });
  });
});
