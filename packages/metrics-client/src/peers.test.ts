// Against the real Prometheus, promtool and Pushgateway.
import Fastify from 'fastify';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describeWith, findExecutable, freePort, startProcess, tempDir, waitFor } from '@binnacle/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { metricsPlugin } from './fastify.ts';
import { createMetrics, type Metrics } from './index.ts';

const opened: Metrics[] = [];

afterEach(() => {
  for (const metrics of opened.splice(0)) metrics.close();
});

/** Metrics with a series of every kind. */
async function populated(): Promise<Metrics> {
  const metrics = createMetrics({ service: 'billing', version: '1.0.0', environment: 'test', instance: 'a' });
  opened.push(metrics);
  const app = Fastify();
  await app.register(metricsPlugin, { metrics });
  await app.inject('/metrics');
  await app.inject('/nowhere');
  await app.close();
  const labelNames = ['queue'];
  const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs "done".', labelNames, maxSeries: 1 });
  jobs.inc({ queue: 'a\\b\n"c"' });
  jobs.inc({ queue: 'beyond the limit' });
  metrics.gauge({ name: 'queue_depth', help: 'Depth.' }).set(NaN);
  metrics.gauge({ name: 'faulty', help: 'F.', collect: () => Promise.reject(new Error('no')) });
  const sizes = metrics.histogram({
    name: 'size_bytes',
    help: 'Sizes.',
    buckets: [1, 1e6],
    enableExemplars: true,
  });
  sizes.observe({ value: 5, exemplarLabels: { trace_id: 'abcdef' } });
  return metrics;
}

async function serve(metrics: Metrics): Promise<{ server: Server; port: number }> {
  const server = createServer(metrics.handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describeWith('prometheus', 'Prometheus and promtool', () => {
  it('promtool check metrics has nothing to say', async () => {
    const text = String((await (await populated()).render()).body);
    const said = execFileSync(findExecutable('promtool')!, ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    expect(said).toBe('');
  });

  it('Prometheus reads the OpenMetrics output with its exemplars', async () => {
    const { server, port } = await serve(await populated());
    using folder = tempDir('prometheus');
    const web = `127.0.0.1:${await freePort()}`;
    const config = join(folder.path, 'prometheus.yml');
    const scrape = `{ job_name: test, scrape_interval: 1s, metrics_path: /, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }`;
    writeFileSync(config, `scrape_configs: [${scrape}]\n`);
    await using _prometheus = await startProcess({
      command: 'prometheus',
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder.path, 'data')}`,
        `--web.listen-address=${web}`,
        '--enable-feature=exemplar-storage',
      ],
      readyUrl: `http://${web}/-/ready`,
    });
    const api = async (path: string): Promise<{ data: never[] }> =>
      (await (await fetch(`http://${web}/api/v1/${path}`)).json()) as { data: never[] };
    const exemplars = await waitFor(
      async () => {
        const now = Date.now() / 1000;
        const { data } = await api(
          `query_exemplars?query=size_bytes_bucket&start=${now - 600}&end=${now + 600}`,
        );
        return data.length > 0 && data;
      },
      { what: 'an exemplar in Prometheus' },
    );
    expect(exemplars).toMatchObject([
      {
        seriesLabels: { __name__: 'size_bytes_bucket', le: '1e+06' },
        exemplars: [{ labels: { trace_id: 'abcdef' }, value: '5' }],
      },
    ]);
    const target = (await api('targets')).data as unknown as { activeTargets: { lastError: string }[] };
    expect(target.activeTargets[0]!.lastError).toBe('');
    const jobs = (await api('query?query=jobs_total')).data as unknown as {
      result: { metric: { queue: string } }[];
    };
    expect(jobs.result.map(({ metric }) => metric.queue).sort()).toEqual(['__overflow__', 'a\\b\n"c"']);
    server.closeAllConnections();
    server.close();
  });
});

describeWith('pushgateway', 'the Pushgateway', () => {
  it('takes a push, replaces the group by the next, and keeps odd values of the grouping key', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    await using _gateway = await startProcess({
      command: 'prometheus-pushgateway',
      // Debian's build keeps what was pushed in /var/lib unless told otherwise.
      args: [`--web.listen-address=${address}`, '--persistence.file='],
      readyUrl: `http://${address}/-/ready`,
    });
    const metrics = await populated();
    const gatewayUrl = `http://${address}/`;
    const groupingKey = { path: 'a/b', empty: '', text: 'ä ?#' };
    await metrics.pushTo(gatewayUrl, { job: 'night/ly', groupingKey });
    metrics.registry.removeSingleMetric('queue_depth');
    const read = async (): Promise<string> => (await fetch(`${gatewayUrl}metrics`)).text();
    expect(await read()).toContain(
      'queue_depth{empty="",instance="",job="night/ly",path="a/b",text="ä ?#"} NaN',
    );
    await metrics.pushTo(gatewayUrl, { job: 'night/ly', groupingKey, mode: 'add' });
    expect(await read()).toContain('queue_depth{');
    await metrics.pushTo(gatewayUrl, { job: 'night/ly', groupingKey });
    expect(await read()).not.toContain('queue_depth{');
    expect(await read()).toContain(
      'push_failure_time_seconds{empty="",instance="",job="night/ly",path="a/b",text="ä ?#"} 0',
    );
  });
});

describe('pushTo', () => {
  async function gatewayThat(
    answers: (try_: number) => number,
  ): Promise<{ url: string; tries: () => number; server: Server }> {
    let tries = 0;
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        response.statusCode = answers(++tries);
        response.end('because');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tries: () => tries, server };
  }

  it('tries again after a failure of the gateway', async () => {
    const { url, tries, server } = await gatewayThat((attempt) => (attempt < 3 ? 503 : 202));
    await (await populated()).pushTo(url, { job: 'nightly' });
    expect(tries()).toBe(3);
    server.close();
  });

  it('does not repeat what the gateway refuses, and says why', async () => {
    const { url, tries, server } = await gatewayThat(() => 400);
    const push = (await populated()).pushTo(url, { job: 'nightly' });
    await expect(push).rejects.toMatchObject({
      code: 'METRICS_PUSH_FAILED',
      message: `Push of job "nightly" to ${url} failed on the first try: status 400: because`,
    });
    expect(tries()).toBe(1);
    server.close();
  });

  it('names what is wrong with its arguments and with the network', async () => {
    const metrics = await populated();
    await expect(metrics.pushTo('nowhere', { job: 'x' })).rejects.toThrow(/"nowhere" is not a URL/);
    await expect(metrics.pushTo('http://127.0.0.1:1', { job: '' })).rejects.toThrow(/job must not be empty/);
    const refused = metrics.pushTo('http://127.0.0.1:1', { job: 'x', attempts: 1 });
    await expect(refused).rejects.toThrow(/failed on the first try: .*(ECONNREFUSED|bad port)/);
  });
});
