import type { AddressInfo, Server } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics, type Metrics } from './index.ts';

const opened: Metrics[] = [];

function open(options: Partial<Parameters<typeof createMetrics>[0]> = {}): Metrics {
  const metrics = createMetrics({ service: 'billing', defaultMetrics: false, ...options });
  opened.push(metrics);
  return metrics;
}

async function textOf(metrics: Metrics, accept?: string): Promise<string> {
  return String((await metrics.render(accept === undefined ? {} : { accept })).body);
}

const OPENMETRICS = 'application/openmetrics-text;version=1.0.0';

afterEach(() => {
  for (const metrics of opened.splice(0)) metrics.close();
});

describe('createMetrics', () => {
  it('has the metrics of the process, the event loop, garbage collection and the build', async () => {
    const metrics = open({ defaultMetrics: true, instance: 'a:1', version: '1.2.3', environment: 'prod' });
    const text = await textOf(metrics);
    expect(text).toContain(
      'build_info{service="billing",instance="a:1",version="1.2.3",environment="prod"} 1\n',
    );
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_version_info',
    ]) {
      expect(text).toMatch(new RegExp(`^${name}(\\{.*\\})? [0-9]`, 'm'));
    }
    expect(text).toContain('# TYPE nodejs_gc_duration_seconds histogram');
  });

  it('puts identity on build_info alone, and leaves out what it was not told', async () => {
    const metrics = open();
    metrics.counter({ name: 'jobs_total', help: 'Jobs.' }).inc(2);
    const text = await textOf(metrics);
    expect(text).toContain('build_info{service="billing"} 1\n');
    expect(text).toContain('\njobs_total 2\n');
    expect(() => metrics.registry.setDefaultLabels({ service: 'x' })).toThrow(/scrape configuration/);
  });

  it('counts every collection of garbage, also several within one turn of the event loop', async () => {
    const metrics = open({ defaultMetrics: true });
    const { setFlagsFromString } = await import('node:v8');
    const { runInNewContext } = await import('node:vm');
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const major = async (): Promise<number> => {
      const match = /nodejs_gc_duration_seconds_count\{kind="major"\} (\d+)/.exec(await textOf(metrics));
      return Number(match?.[1] ?? 0);
    };
    const before = await major();
    for (let i = 0; i < 5; i++) gc();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(await major()).toBeGreaterThanOrEqual(before + 5);
  });

  it('says what is wrong with an option', () => {
    expect(() => createMetrics({ service: '' })).toThrow(/service must be a name/);
    expect(() => open().counter({ name: 'jobs', help: 'Jobs.' })).toThrow(/use "jobs_total"/);
    expect(() => open().gauge({ name: 'size', help: 'S.', labelNames: ['a'], maxSeries: 0 })).toThrow(
      /at least 1/,
    );
  });

  it('leaves out a metric whose collect fails or hangs, counts it, and serves the others', async () => {
    const metrics = open({ collectTimeoutMs: 50 });
    metrics.gauge({ name: 'broken', help: 'B.', collect: () => Promise.reject(new Error('no')) });
    metrics.gauge({ name: 'hanging', help: 'H.', collect: () => new Promise(() => undefined) });
    metrics.gauge({ name: 'well', help: 'W.' }).set(7);
    const text = await textOf(metrics);
    expect(text).toContain('\nwell 7\n');
    expect(text).not.toContain('\nbroken');
    expect(text).toContain('binnacle_metric_collect_errors_total{metric="broken"} 1\n');
    expect(text).toContain('binnacle_metric_collect_errors_total{metric="hanging"} 1\n');
  });
});

describe('formats', () => {
  it('gives every series one name and one set of labels in both formats', async () => {
    const metrics = open();
    metrics.counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue'] }).inc({ queue: 'a "b"\\\n' });
    metrics.histogram({ name: 'size_bytes', help: 'S.', buckets: [0.5, 1, 1024, 2 ** 20] }).observe(3);
    const samples = (text: string): string[] => text.split('\n').filter((line) => !line.startsWith('#'));
    const text = await textOf(metrics);
    const openMetrics = await textOf(metrics, OPENMETRICS);
    expect(samples(openMetrics)).toEqual(samples(text));
    expect(await textOf(metrics)).toBe(text);
    expect(text).toContain('# TYPE jobs_total counter\njobs_total{queue="a \\"b\\"\\\\\\n"} 1\n');
    expect(openMetrics).toContain('# TYPE jobs counter\njobs_total{queue=');
    expect(openMetrics.endsWith('\n# EOF\n')).toBe(true);
    expect([...text.matchAll(/le="(.*?)"/g)].map((match) => match[1])).toEqual(
      expect.arrayContaining(['0.5', '1.0', '1024.0', '1.048576e+06', '+Inf']),
    );
  });

  it('writes numbers that are not finite', async () => {
    const metrics = open();
    const gauge = metrics.gauge({ name: 'odd', help: 'O.', labelNames: ['kind'] });
    gauge.set({ kind: 'nan' }, NaN);
    gauge.set({ kind: 'up' }, Infinity);
    gauge.set({ kind: 'down' }, -Infinity);
    const text = await textOf(metrics);
    expect(text).toContain('odd{kind="nan"} NaN\nodd{kind="up"} +Inf\nodd{kind="down"} -Inf\n');
  });

  it('writes exemplars in OpenMetrics only', async () => {
    const metrics = open();
    const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs.', enableExemplars: true });
    jobs.inc({ value: 2, exemplarLabels: { trace_id: 'abc' } });
    const sizes = metrics.histogram({ name: 'size_bytes', help: 'S.', buckets: [1], enableExemplars: true });
    sizes.observe({ value: 9, exemplarLabels: { trace_id: 'def' } });
    const openMetrics = await textOf(metrics, OPENMETRICS);
    expect(openMetrics).toMatch(/^jobs_total 2 # \{trace_id="abc"\} 2 \d+\.\d{3}$/m);
    expect(openMetrics).toMatch(/^size_bytes_bucket\{le="\+Inf"\} 1 # \{trace_id="def"\} 9 \d+\.\d{3}$/m);
    expect(await textOf(metrics)).not.toContain('trace_id');
  });

  it('calls a counter of another library without _total unknown rather than rename its series', async () => {
    const metrics = open();
    const { Counter } = await import('prom-client');
    new Counter({ name: 'old_jobs', help: 'Old.', registers: [metrics.registry] }).inc();
    const openMetrics = await textOf(metrics, OPENMETRICS);
    expect(openMetrics).toContain('# TYPE old_jobs unknown\nold_jobs 1\n');
  });

  it.each([
    [undefined, 'text/plain'],
    ['*/*', 'text/plain'],
    ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/plain'],
    [
      'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.1',
      'application/',
    ],
    ['application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'application/'],
    ['application/openmetrics-text;version=2.0.0,text/plain;q=0.5', 'text/plain'],
    ['application/openmetrics-text;q=0.2,text/plain;q=0.9', 'text/plain'],
    ['application/openmetrics-text;q=0', 'text/plain'],
  ])('answers Accept %s with %s', async (accept, expected) => {
    const { headers } = await open().render(accept === undefined ? {} : { accept });
    expect(headers['content-type']).toMatch(new RegExp(`^${expected}`));
  });
});

describe('handler', () => {
  async function serve(metrics: Metrics): Promise<{ url: string; server: Server }> {
    const server = createHttpServer(metrics.handler);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
  }

  it('answers GET, HEAD without a body, and refuses what would change something', async () => {
    const { url, server } = await serve(open());
    const get = await fetch(url);
    expect(await get.text()).toContain('build_info');
    expect(get.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const post = await fetch(url, { method: 'POST' });
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    server.close();
  });

  it('compresses for those who accept it', async () => {
    const metrics = open({ defaultMetrics: true });
    const compressed = await metrics.render({ 'accept-encoding': 'gzip, deflate' });
    expect(compressed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(compressed.body as Buffer).toString()).toContain('build_info');
    const plain = await metrics.render({ 'accept-encoding': 'gzip;q=0' });
    expect(plain.headers['content-encoding']).toBeUndefined();
  });
});
