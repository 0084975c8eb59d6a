import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeWith, findExecutable, freePort, startProcess, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { FakeTarget } from './testing/fakeTarget.ts';
import { startPrometheus } from './testing/peers.ts';
import { TestServer } from './testing/server.ts';

const run = promisify(execFile);

const scrape = (job: string, address: string, extra = ''): string => `
global: {scrape_interval: 200ms, external_labels: {origin: ours}}
scrape_configs:
  - job_name: ${job}
    ${extra}
    static_configs: [{targets: ["${address}"]}]
`;

describeWith('prometheus', 'promtool', () => {
  it('queries, and finds nothing wrong with our own metrics', async () => {
    await using target = await FakeTarget.start('a 41\n');
    await using server = await TestServer.start(scrape('shop', target.address));
    await waitFor(async () => Object.keys(await server.query('a')).length === 1);
    const promtool = findExecutable('promtool')!;
    const instant = await run(promtool, ['query', 'instant', server.url, 'a + 1']);
    expect(instant.stdout).toMatch(/instance="127.0.0.1:\d+", job="shop"} => 42 @/);
    const labels = await run(promtool, ['query', 'labels', server.url, 'job']);
    expect(labels.stdout).toBe('shop\n');
    const series = await run(promtool, ['query', 'series', server.url, '--match=a']);
    expect(series.stdout).toContain('__name__="a"');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const check = run(promtool, ['check', 'metrics']);
    check.child.stdin!.end(metrics);
    expect((await check).stderr).toBe('');
  });
});

describeWith('prometheus', 'a real Prometheus', () => {
  it('writes to us by remote write', async () => {
    await using target = await FakeTarget.start('a{x="1"} 7\nb 8\n');
    await using server = await TestServer.start();
    await using peer = await startPrometheus(
      `${scrape('theirs', target.address)}
remote_write:
  - url: ${server.url}/api/v1/write
    queue_config: {batch_send_deadline: 100ms}
`,
    );
    await waitFor(
      async () => Object.values(await server.query('a{job="theirs",x="1",origin="ours"}'))[0] === '7',
    );
    target.body = 'b 9\n';
    await waitFor(async () => Object.keys(await server.query('a')).length === 0);
    expect(Object.values(await server.query('b'))).toEqual(['9']);
    await waitFor(async () => Object.keys(await server.query('up')).length === 1);
    const own = await (await fetch(`${peer.url}/metrics`)).text();
    expect(own).toMatch(/^prometheus_remote_storage_samples_failed_total\{.*\} 0$/m);
  });

  it('federates from us', async () => {
    await using target = await FakeTarget.start('# TYPE a gauge\na{x="1"} 7\nb 8\n');
    await using server = await TestServer.start(scrape('shop', target.address));
    const address = new URL(server.url).host;
    await using peer = await startPrometheus(
      scrape(
        'federate',
        address,
        'honor_labels: true\n    metrics_path: /federate\n    params: {"match[]": [\'{job="shop"}\']}',
      ),
    );
    await waitFor(async () => (await peer.values('a{job="shop",x="1",origin="ours"}'))[0] === '7');
    expect(await peer.values('up{job="shop"}')).toEqual(['1']);
  });

  it('reads from us by remote read', async () => {
    await using target = await FakeTarget.start('a{x="1"} 7\n');
    await using server = await TestServer.start(scrape('shop', target.address));
    await waitFor(async () => Object.keys(await server.query('a')).length === 1);
    await using peer = await startPrometheus(
      `remote_read: [{url: "${server.url}/api/v1/read", read_recent: true}]`,
    );
    expect(await peer.values('a{x="1"}')).toEqual(['7']);
    expect(await peer.values('count({job="shop"})')).toEqual(['6']);
  });

  it('is federated from and scraped by us', async () => {
    await using target = await FakeTarget.start('a{x="1"} 7\n');
    await using peer = await startPrometheus(scrape('theirs', target.address));
    const address = new URL(peer.url).host;
    await using server = await TestServer.start(`
global: {scrape_interval: 200ms}
scrape_configs:
  - job_name: federate
    honor_labels: true
    metrics_path: /federate
    params: {"match[]": ['{job="theirs"}']}
    static_configs: [{targets: ["${address}"]}]
  - job_name: own
    static_configs: [{targets: ["${address}"]}]
`);
    await waitFor(async () => Object.values(await server.query('a{job="theirs",x="1"}'))[0] === '7');
    await waitFor(async () => Object.values(await server.query('up{job="own"}'))[0] === '1');
    expect(Object.keys(await server.query('prometheus_build_info'))).toHaveLength(1);
  });
});

describeWith('node-exporter', 'node_exporter', () => {
  it('is a target', async () => {
    const port = await freePort();
    await using _ = await startProcess({
      command: findExecutable('prometheus-node-exporter') ?? 'prometheus-node-exporter',
      args: [`--web.listen-address=127.0.0.1:${port}`],
      readyUrl: `http://127.0.0.1:${port}/metrics`,
    });
    const config = scrape('node', `127.0.0.1:${port}`).replace('200ms', '1s');
    await using server = await TestServer.start(config);
    await waitFor(async () => Object.keys(await server.query('node_cpu_seconds_total')).length > 0);
    expect(Object.values(await server.query('up'))).toEqual(['1']);
    expect(Number(Object.values(await server.query('node_memory_MemTotal_bytes'))[0])).toBeGreaterThan(0);
  });
});

describeWith('pushgateway', 'Pushgateway', () => {
  it('is a target', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await using _ = await startProcess({
      command: findExecutable('prometheus-pushgateway') ?? 'prometheus-pushgateway',
      args: [`--web.listen-address=127.0.0.1:${port}`],
      readyUrl: `${url}/-/ready`,
    });
    await fetch(`${url}/metrics/job/backup/instance/db`, { method: 'PUT', body: 'done 1\n' });
    await using server = await TestServer.start(scrape('push', `127.0.0.1:${port}`, 'honor_labels: true'));
    await waitFor(
      async () => Object.keys(await server.query('done{job="backup",instance="db"}')).length === 1,
    );
  });
});
