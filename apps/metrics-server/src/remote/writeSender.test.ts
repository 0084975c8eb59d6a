import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Labels } from '@binnacle/model';
import { decodeWriteV1, decodeWriteV2, decompress, WriteBatch } from '@binnacle/remote-protocol';
import { describeWith, findExecutable, freePort, startProcess, tempDir, waitFor } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { startPrometheus } from '../testing/peers.ts';
import { TestServer } from '../testing/server.ts';

/** A receiver that keeps what it is sent. */
class FakeReceiver implements AsyncDisposable {
  readonly #server: Server;
  /** Values by labels, in the order of arrival. */
  readonly received = new Map<string, number[]>();
  status = 204;
  requests = 0;
  readonly metadata = new Map<string, string>();
  readonly exemplars: string[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      this.requests++;
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const isV2 = request.headers['content-type']!.includes('proto=');
        if (this.status === 204) this.#keep(Buffer.concat(chunks), isV2);
        response.writeHead(this.status).end();
      });
    });
  }

  static async start(): Promise<FakeReceiver> {
    const receiver = new FakeReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/write`;
  }

  values(labels: Record<string, string>): number[] {
    return this.received.get(Labels.from(labels).toString()) ?? [];
  }

  #keep(body: Buffer, isV2: boolean): void {
    const batch = new WriteBatch();
    (isV2 ? decodeWriteV2 : decodeWriteV1)(decompress(body, 1e8), batch);
    for (let series = 0, at = 0; series < batch.seriesCount; series++) {
      const key = batch.labels(series).toString();
      const values = this.received.get(key) ?? [];
      this.received.set(key, values);
      for (; at < batch.sampleEnd[series]!; at++) values.push(batch.values[at]!);
    }
    for (const { series, labels, value } of batch.exemplars) {
      this.exemplars.push(`${batch.labels(series).toString()} ${labels.toString()} ${value}`);
    }
    for (const { family, help } of batch.metadata) this.metadata.set(family, help);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const config = (url: string, extra = '') => `
global: {external_labels: {region: eu}}
remote_write:
  - url: ${url}
    name: long-term
    queue_config: {batch_send_deadline: 50ms, min_backoff: 10ms, max_backoff: 50ms, max_samples_per_send: 2}
${extra.replaceAll(/^(?=.)/gm, '    ')}
`;

const write = async (server: TestServer, value: number, name = 'a', labels = {}): Promise<void> => {
  const sample = [Date.now() / 1000, value] as const;
  const answer = await server.write1([{ labels: { __name__: name, ...labels }, samples: [sample] }]);
  expect(answer.status).toBe(204);
};

describe('a remote write sender', () => {
  it.each([
    ['1.0', ''],
    ['2.0', 'protobuf_message: io.prometheus.write.v2.Request'],
  ])('sends each sample once, with external labels, by %s', async (_, extra) => {
    await using receiver = await FakeReceiver.start();
    await using server = await TestServer.start(config(receiver.url, extra));
    for (let i = 0; i < 5; i++) {
      await write(server, i);
      await write(server, 10 * i, 'b', { region: 'own' });
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const a = { __name__: 'a', region: 'eu' };
    const b = { __name__: 'b', region: 'own' };
    await waitFor(() => receiver.values(a).length === 5 && receiver.values(b).length === 5);
    expect(receiver.values(a)).toEqual([0, 1, 2, 3, 4]);
    expect(receiver.values(b)).toEqual([0, 10, 20, 30, 40]);
  });

  it('waits for a receiver that is down, and goes on after a restart of its own', async () => {
    await using receiver = await FakeReceiver.start();
    await using server = await TestServer.start(config(receiver.url));
    const a = { __name__: 'a', region: 'eu' };
    await write(server, 1);
    await waitFor(() => receiver.values(a).length === 1);
    receiver.status = 503;
    await write(server, 2);
    const before = receiver.requests;
    await waitFor(() => receiver.requests > before + 2);
    await server.restart();
    await write(server, 3);
    const again = receiver.requests;
    await waitFor(() => receiver.requests > again + 2);
    receiver.status = 204;
    await waitFor(() => receiver.values(a).length >= 3);
    expect(receiver.values(a)).toEqual([1, 2, 3]);
  });

  it.each(['', 'protobuf_message: io.prometheus.write.v2.Request'])(
    'sends what comes late: out of order, and backfilled (%s)',
    async (extra) => {
      await using receiver = await FakeReceiver.start();
      const storage = 'storage: {tsdb: {out_of_order_time_window: 1d}}\n';
      await using server = await TestServer.start(storage + config(receiver.url, extra));
      const a = { __name__: 'a', region: 'eu' };
      await write(server, 10);
      await waitFor(() => receiver.values(a).length === 1);
      const nowSeconds = Date.now() / 1000;
      const late = [600, 60, 3600].map((ago) => [nowSeconds - ago, ago] as const);
      await server.write1([{ labels: { __name__: 'a' }, samples: late }]);
      await server.write1([{ labels: { __name__: 'old' }, samples: [[nowSeconds - 1800, 7]] }]);
      await waitFor(
        () => receiver.values(a).length === 4 && receiver.values({ ...a, __name__: 'old' }).length === 1,
      );
      expect(receiver.values(a)).toEqual([10, 3600, 600, 60]);
      await write(server, 11);
      await waitFor(() => receiver.values(a).length === 5);
      expect(receiver.values(a)).toEqual([10, 3600, 600, 60, 11]);
    },
  );

  it.each(['', 'protobuf_message: io.prometheus.write.v2.Request'])('sends exemplars (%s)', async (extra) => {
    await using receiver = await FakeReceiver.start();
    await using target = await FakeTarget.start('a_total{x="1"} 3 # {trace_id="t1"} 0.5\n# EOF\n');
    target.contentType = 'application/openmetrics-text; version=1.0.0';
    await using server = await TestServer.start(
      config(receiver.url, `send_exemplars: true\n${extra}`) +
        `scrape_configs: [{job_name: shop, scrape_interval: 100ms, static_configs: [{targets: ["${target.address}"]}]}]`,
      { flags: ['--enable-feature=exemplar-storage'] },
    );
    await waitFor(() => receiver.exemplars.length > 0);
    target.body = 'a_total{x="1"} 4 # {trace_id="t2"} 0.7\n# EOF\n';
    await waitFor(() => receiver.exemplars.length > 1);
    const series = `{__name__="a_total", instance="${target.address}", job="shop", region="eu", x="1"}`;
    expect(receiver.exemplars).toEqual([`${series} {trace_id="t1"} 0.5`, `${series} {trace_id="t2"} 0.7`]);
    expect(server.url).toBeTruthy();
  });

  it('finds its receiver by a name and round_robin_dns', async () => {
    await using receiver = await FakeReceiver.start();
    const url = receiver.url.replace('127.0.0.1', 'localhost');
    await using server = await TestServer.start(config(url, 'round_robin_dns: true'));
    const a = { __name__: 'a', region: 'eu' };
    for (const value of [1, 2, 3]) {
      await write(server, value);
      await waitFor(() => receiver.values(a).length === value);
    }
    expect(receiver.values(a)).toEqual([1, 2, 3]);
  });

  it('leaves out what the receiver refuses for good, and counts it', async () => {
    await using receiver = await FakeReceiver.start();
    receiver.status = 400;
    await using server = await TestServer.start(config(receiver.url));
    await write(server, 1);
    await waitFor(async () =>
      (await (await server.fetch('/metrics')).text()).includes(
        'prometheus_remote_storage_sent_total{remote_name="long-term",result="failed"} 1',
      ),
    );
    receiver.status = 204;
    await write(server, 2);
    await waitFor(() => receiver.values({ __name__: 'a', region: 'eu' }).length === 1);
    expect(receiver.values({ __name__: 'a', region: 'eu' })).toEqual([2]);
  });

  it('relabels what it sends, and sends metadata', async () => {
    await using receiver = await FakeReceiver.start();
    await using target = await FakeTarget.start(
      '# HELP keep_me Kept.\n# TYPE keep_me gauge\nkeep_me 1\ndrop_me 1\n',
    );
    await using server = await TestServer.start(
      config(
        receiver.url,
        'write_relabel_configs: [{source_labels: [__name__], regex: keep_.*, action: keep}]',
      ) +
        `scrape_configs: [{job_name: shop, scrape_interval: 100ms, static_configs: [{targets: ["${target.address}"]}]}]`,
    );
    await waitFor(() => receiver.received.size > 0 && receiver.metadata.size > 0);
    expect([...receiver.received.keys()]).toEqual([
      `{__name__="keep_me", instance="${target.address}", job="shop", region="eu"}`,
    ]);
    expect(receiver.metadata.get('keep_me')).toBe('Kept.');
    expect(server.url).toBeTruthy();
  });

  it.each([
    ['round_robin_dns: twice', /round_robin_dns/],
    ['write_relabel_configs: [{action: nonsense}]', /nonsense/],
  ])('is refused with %s', async (extra, message) => {
    await expect(TestServer.start(config('http://127.0.0.1:1/', extra))).rejects.toThrow(message);
  });
});

describeWith('prometheus', 'remote write to a real Prometheus', () => {
  it('arrives late and with exemplars, too', async () => {
    await using target = await FakeTarget.start('a_total{x="1"} 3 # {trace_id="t1"} 0.5\n# EOF\n');
    target.contentType = 'application/openmetrics-text; version=1.0.0';
    await using peer = await startPrometheus('storage: {tsdb: {out_of_order_time_window: 1d}}', [
      '--web.enable-remote-write-receiver',
      '--enable-feature=exemplar-storage',
    ]);
    await using server = await TestServer.start(
      'storage: {tsdb: {out_of_order_time_window: 1d}}\n' +
        config(`${peer.url}/api/v1/write`, 'send_exemplars: true') +
        `scrape_configs: [{job_name: shop, scrape_interval: 100ms, static_configs: [{targets: ["${target.address}"]}]}]`,
      { flags: ['--enable-feature=exemplar-storage'] },
    );
    await write(server, 1, 'b');
    await waitFor(async () => (await peer.values('b')).length === 1);
    await server.write1([{ labels: { __name__: 'b' }, samples: [[Date.now() / 1000 - 1800, 7]] }]);
    await waitFor(async () => (await peer.values('b offset 30m'))[0] === '7');
    const found = await waitFor(async () => {
      const answer = await fetch(
        `${peer.url}/api/v1/query_exemplars?query=a_total&start=0&end=${Date.now()}`,
      );
      const { data } = (await answer.json()) as { data: { exemplars: { labels: object }[] }[] };
      return data[0];
    });
    expect(found.exemplars).toMatchObject([{ labels: { trace_id: 't1' }, value: '0.5' }]);
  });

  it('arrives', async () => {
    await using target = await FakeTarget.start('a{x="1"} 7\n');
    await using peer = await startPrometheus('', ['--web.enable-remote-write-receiver']);
    await using server = await TestServer.start(
      config(`${peer.url}/api/v1/write`) +
        `scrape_configs: [{job_name: shop, scrape_interval: 100ms, static_configs: [{targets: ["${target.address}"]}]}]`,
    );
    await waitFor(async () => (await peer.values('a{job="shop",region="eu"}'))[0] === '7');
    target.body = 'b 1\n';
    await waitFor(async () => (await server.query('a')) && (await peer.values('a')).length === 0);
  });
});

describeWith('victoria-metrics', 'VictoriaMetrics as the long-term store', () => {
  it('takes what is written, and answers queries on it', async () => {
    using folder = tempDir('victoria');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    await using _ = await startProcess({
      command: findExecutable('victoria-metrics') ?? 'victoria-metrics',
      args: [`-httpListenAddr=127.0.0.1:${port}`, `-storageDataPath=${folder.path}`],
      readyUrl: `${url}/health`,
    });
    await using server = await TestServer.start(config(`${url}/api/v1/write`));
    await write(server, 42);
    await waitFor(async () => {
      const answer = await fetch(`${url}/api/v1/export?match[]=a`);
      return (await answer.text()).includes('"values":[42]');
    });
  });
});
