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

const MODULE = 'github.com/prometheus/client_golang';

/** A service with every type of metric that Go's client has. */
const SERVICE = `package main

import (
	"net/http"
	"os"

	"${MODULE}/prometheus"
	"${MODULE}/prometheus/promhttp"
)

func main() {
	reg := prometheus.NewRegistry()
	orders := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "orders_total", Help: "Orders with a \\\\ and\\na line"}, []string{"shop"})
	orders.WithLabelValues("a \\"quoted\\" \\\\ shop\\né").(prometheus.ExemplarAdder).AddWithExemplar(3, prometheus.Labels{"trace_id": "abc"})
	depth := prometheus.NewGauge(prometheus.GaugeOpts{Name: "depth_meters"})
	depth.Set(-1.5)
	size := prometheus.NewSummary(prometheus.SummaryOpts{Name: "size_bytes", Objectives: map[float64]float64{0.5: 0.05}})
	size.Observe(7)
	took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Buckets: []float64{0.1, 1, 10}})
	took.(prometheus.ExemplarObserver).ObserveWithExemplar(0.5, prometheus.Labels{"trace_id": "def"})
	took.Observe(70)
	native := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "native_seconds", NativeHistogramBucketFactor: 1.1})
	for _, value := range []float64{-2, 0, 0.5, 1, 4} {
		native.Observe(value)
	}
	untyped := prometheus.NewUntypedFunc(prometheus.UntypedOpts{Name: "anything"}, func() float64 { return 42 })
	dotted := prometheus.NewGauge(prometheus.GaugeOpts{Name: "my.dotted.gauge", ConstLabels: prometheus.Labels{"my.label": "x"}})
	dotted.Set(5)
	reg.MustRegister(orders, depth, size, took, native, untyped, dotted)
	http.Handle("/metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{EnableOpenMetrics: true}))
	if err := http.ListenAndServe("127.0.0.1:"+os.Args[1], nil); err != nil {
		panic(err)
	}
}
`;

describeWith('client-golang', 'Go’s client_golang', () => {
  let folder: TempDir;
  let port: number;
  let service: RunningProcess;
  const startTarget = (): Promise<RunningProcess> =>
    startProcess({
      command: join(folder.path, 'service'),
      args: [String(port)],
      readyUrl: `http://127.0.0.1:${port}/metrics`,
    });

  beforeAll(async () => {
    folder = tempDir('client-golang');
    const run = (...args: string[]) =>
      promisify(execFile)('go', args, { cwd: folder.path, env: { ...process.env, GOFLAGS: '-mod=mod' } });
    writeFileSync(join(folder.path, 'main.go'), SERVICE);
    await run('mod', 'init', 'example.com/service');
    await run('get', `${MODULE}@v1.23.2`);
    await run('mod', 'tidy');
    await run('build', '-o', 'service', '.');
    port = await freePort();
    service = await startTarget();
  }, 300_000);
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    folder.remove();
  });

  it('says when its counters began, by protobuf: a restart that comes to the same values is seen', async () => {
    const flags = '--enable-feature=st-storage,use-start-timestamps,promql-experimental-functions';
    const config = `
global: {scrape_interval: 200ms, scrape_native_histograms: true}
scrape_configs: [{job_name: go, static_configs: [{targets: ["127.0.0.1:${port}"]}]}]`;
    await using server = await TestServer.start(config, { flags: [flags] });
    const value = async (query: string): Promise<number> =>
      Number(Object.values(await server.query(query))[0]);
    const counters = ['orders_total', 'took_seconds_bucket{le="10.0"}', 'size_bytes_count', 'native_seconds'];
    await waitFor(async () => (await value('count_over_time(orders_total[1m])')) > 1);
    const before = await value('start_timestamp(orders_total)');
    expect(before).toBeGreaterThan(Date.now() / 1000 - 600);
    for (const name of counters) expect(await value(`start_timestamp(${name})`)).toBeCloseTo(before, 0);
    expect(await value('start_timestamp(depth_meters)')).toBe(0);
    expect(await value('resets(orders_total[5m])')).toBe(0);
    const increase = await value('increase(orders_total[5m])');

    await service[Symbol.asyncDispose]();
    service = await startTarget();
    await waitFor(async () => (await value('start_timestamp(orders_total)')) > before);
    expect(await value('min_over_time(orders_total[5m])')).toBe(3);
    for (const name of counters) expect(await value(`resets(${name}[5m])`)).toBe(1);
    expect(await value('increase(orders_total[5m])')).toBeGreaterThan(increase + 2.5);
  });

  describe.each([
    ['PrometheusText0.0.4', 'underscores', false, false],
    ['PrometheusText1.0.0', 'allow-utf-8', false, false],
    ['OpenMetricsText1.0.0', 'allow-utf-8', true, false],
    // Only the texts can be asked for names outside of the old character set.
    ['PrometheusProto', 'underscores', true, true],
  ])('in %s with %s', (protocol, escaping, hasExemplars, isNative) => {
    it('is scraped with every type of metric', async () => {
      const config = `
global:
  scrape_interval: 1s
  scrape_protocols: [${protocol}]
  metric_name_escaping_scheme: ${escaping}
  scrape_native_histograms: ${isNative}
scrape_configs: [{job_name: go, static_configs: [{targets: ["127.0.0.1:${port}"]}]}]`;
      await using server = await TestServer.start(config, { flags: ['--enable-feature=exemplar-storage'] });
      await waitFor(async () => Object.values(await server.query('up'))[0] === '1');
      const value = async (query: string): Promise<string | undefined> =>
        Object.values(await server.query(query))[0];

      const labels = { shop: 'a "quoted" \\ shop\né', instance: `127.0.0.1:${port}`, job: 'go' };
      const { data } = await server.api<{ result: { metric: object; value: [number, string] }[] }>(
        '/query?query=orders_total',
      );
      expect(data.result.map((each) => [each.metric, each.value[1]])).toEqual([
        [{ __name__: 'orders_total', ...labels }, '3'],
      ]);
      expect(await value('depth_meters')).toBe('-1.5');
      expect(await value('size_bytes{quantile="0.5"}')).toBe('7');
      expect([await value('size_bytes_count'), await value('size_bytes_sum')]).toEqual(['1', '7']);
      expect(await value('took_seconds_bucket{le="1.0"}')).toBe('1');
      expect(await value('took_seconds_bucket{le="+Inf"}')).toBe('2');
      expect(await value('took_seconds_sum')).toBe('70.5');
      expect(await value('anything')).toBe('42');
      const dotted = escaping === 'underscores' ? 'my_dotted_gauge' : '{"my.dotted.gauge","my.label"="x"}';
      expect(await value(dotted)).toBe('5');
      expect(await value(isNative ? 'histogram_count(native_seconds)' : 'native_seconds_count')).toBe('5');
      expect(await value(isNative ? 'histogram_sum(native_seconds)' : 'native_seconds_sum')).toBe('3.5');
      if (isNative) expect(await value('histogram_fraction(-10, 0, native_seconds) * 5')).toMatch(/^1(\.|$)/);

      const metadata = await server.api<Record<string, [{ type: string; help: string }]>>('/metadata');
      const family = protocol.startsWith('OpenMetrics') ? 'orders' : 'orders_total';
      expect(metadata.data[family]![0]).toMatchObject({
        type: 'counter',
        help: 'Orders with a \\ and\na line',
      });
      const exemplars = await server.api<{ exemplars: { labels: object }[] }[]>(
        '/query_exemplars?query=orders_total',
      );
      expect(exemplars.data.map((each) => each.exemplars[0]!.labels)).toEqual(
        hasExemplars ? [{ trace_id: 'abc' }] : [],
      );
    });
  });
});
