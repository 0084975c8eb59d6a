import { Labels, Matcher } from '@binnacle/model';
import { createSampleBuffer, MemoryStore } from '@binnacle/promql';
import { compress, encodeReadRequest, encodeReadResponse } from '@binnacle/remote-protocol';
import { describeWith, tempDir, waitFor } from '@binnacle/testing';
import { Tsdb } from '@binnacle/tsdb';
import { describe, expect, it } from 'vitest';
import { FakeTarget } from '../testing/fakeTarget.ts';
import { startPrometheus, type PrometheusPeer } from '../testing/peers.ts';
import { TestServer } from '../testing/server.ts';
import { CHUNKED_TYPE, decodeFrames, encodeFrame } from './chunkedResponse.ts';
import { FetchedSeriesCollector, selectionKey } from './fetchedSeries.ts';
import { mergedStore, openShared } from './mergedStore.ts';

const NOW = Math.floor(Date.now() / 1000);

/** A server that answers remote reads from what it was given, and keeps what it was asked. */
async function startOther(
  series: readonly { labels: Record<string, string>; samples: readonly (readonly [number, number])[] }[],
): Promise<TestServer> {
  const other = await TestServer.start('global: {external_labels: {region: eu}}');
  await other.write1(series);
  return other;
}

const readFrom = (url: string, extra = ''): string => `remote_read: [{url: "${url}/api/v1/read", ${extra}}]`;

describe('remote read', () => {
  it('joins what is stored here with what others have, sample by sample', async () => {
    const a = { __name__: 'a', job: 'shop' };
    await using other = await startOther([
      {
        labels: a,
        samples: [
          [NOW - 40, 1],
          [NOW - 30, 2],
          [NOW - 20, 3],
        ],
      },
      { labels: { __name__: 'a', job: 'bank' }, samples: [[NOW - 20, 7]] },
    ]);
    await using server = await TestServer.start(readFrom(other.url, 'read_recent: true'));
    await server.write1([
      {
        labels: a,
        samples: [
          [NOW - 20, 30],
          [NOW - 10, 4],
        ],
      },
    ]);
    const { data } = await server.api<{ result: { metric: Record<string, string>; values: unknown }[] }>(
      `/query?query=a[1m]&time=${NOW}`,
    );
    expect(data.result.map(({ metric, values }) => [metric['job'], metric['region'], values])).toEqual([
      ['bank', 'eu', [[NOW - 20, '7']]],
      [
        'shop',
        undefined,
        [
          [NOW - 20, '30'],
          [NOW - 10, '4'],
        ],
      ],
      [
        'shop',
        'eu',
        [
          [NOW - 40, '1'],
          [NOW - 30, '2'],
          [NOW - 20, '3'],
        ],
      ],
    ]);
    const series = await server.api(`/series?match[]=a{job="bank"}`);
    expect(series).toMatchObject({ data: [{ __name__: 'a', job: 'bank', region: 'eu' }] });
    expect(series).not.toHaveProperty('warnings');
  });

  it('takes the external labels of this server off, unless told not to', async () => {
    const ours = 'global: {external_labels: {region: eu}}\n';
    await using other = await startOther([{ labels: { __name__: 'a' }, samples: [[NOW - 40, 1]] }]);
    await using server = await TestServer.start(ours + readFrom(other.url, 'read_recent: true'));
    await server.write1([{ labels: { __name__: 'a' }, samples: [[NOW - 20, 2]] }]);
    expect(await server.query('sum_over_time(a[1m])', NOW)).toEqual({ '{}': '3' });
    server.write(
      'prometheus.yml',
      ours + readFrom(other.url, 'read_recent: true, filter_external_labels: false'),
    );
    await server.reload();
    expect(await server.query('sum_over_time(a[1m])', NOW)).toEqual({ '{}': '2', '{region="eu"}': '1' });
  });

  it('asks for times before the store here begins, and only where required matchers are there', async () => {
    const week = 7 * 86_400;
    await using other = await startOther([
      {
        labels: { __name__: 'a', job: 'shop' },
        samples: [
          [NOW - week, 1],
          [NOW - 10, 2],
        ],
      },
    ]);
    await using server = await TestServer.start(readFrom(other.url, 'required_matchers: {job: shop}'));
    await server.write1([{ labels: { __name__: 'b' }, samples: [[NOW - 2 * 86_400, 1]] }]);
    await server.write1([{ labels: { __name__: 'b' }, samples: [[NOW - 10, 1]] }]);
    expect(await server.query('a{job="shop"}', NOW)).toEqual({});
    expect(Object.values(await server.query('a{job="shop"}', NOW - week))).toEqual(['1']);
    expect(await server.query('a', NOW - week)).toEqual({});
    expect(await server.query('a{job=~"shop"}', NOW - week)).toEqual({});
  });

  it('reads in threads as on the main one', async () => {
    const samples = Array.from({ length: 1000 }, (_, i) => [NOW - 1000 + i, i] as const);
    const many = Array.from({ length: 20 }, (_, i) => ({ labels: { __name__: 'a', i: String(i) }, samples }));
    await using other = await startOther(many);
    await using server = await TestServer.start(readFrom(other.url, 'read_recent: true'));
    const params = new URLSearchParams({
      query: 'sum(sum_over_time(a[15m]))',
      start: String(NOW - 900),
      end: String(NOW),
      step: '1',
    });
    const here = await other.api<{ result: unknown[] }>(`/query_range?${params}`);
    const there = await server.api<{ result: unknown[] }>(`/query_range?${params}`);
    expect(here.data.result).toHaveLength(1);
    expect(there.data.result).toEqual(here.data.result);
  });

  it('finds selections behind a parameter that is itself selected', async () => {
    await using other = await startOther([
      { labels: { __name__: 'k' }, samples: [[NOW, 1]] },
      { labels: { __name__: 'a', x: '1' }, samples: [[NOW, 5]] },
      { labels: { __name__: 'a', x: '2' }, samples: [[NOW, 6]] },
    ]);
    await using server = await TestServer.start(readFrom(other.url, 'read_recent: true'));
    expect(Object.values(await server.query('topk(scalar(k), a)', NOW))).toEqual(['6']);
  });

  it('says as a warning what an endpoint did not answer, and goes on without', async () => {
    await using failing = await FakeTarget.start();
    failing.answer = (_, response) => response.writeHead(500).end('out of order\n');
    await using damaged = await FakeTarget.start('no frames');
    damaged.contentType = CHUNKED_TYPE;
    const config = `remote_read:
  - {url: "http://${failing.address}/read", read_recent: true, name: first}
  - {url: "http://${damaged.address}/read", read_recent: true, name: second}
`;
    await using server = await TestServer.start(config);
    await server.write1([{ labels: { __name__: 'a' }, samples: [[NOW, 1]] }]);
    const answer = await server.api(`/query?query=a&time=${NOW}`);
    expect(answer).toMatchObject({ code: 200, data: { result: [{ value: [NOW, '1'] }] } });
    expect(answer.warnings).toEqual([
      'remote_read first: server returned HTTP status 500: out of order',
      expect.stringMatching(/^remote_read second: expected frames of chunks, found the end of the answer/),
    ]);
    expect((await server.api('/series?match[]=a')).warnings).toHaveLength(2);
    expect(failing.lastHeaders).toMatchObject({
      'content-encoding': 'snappy',
      'x-prometheus-remote-read-version': '0.1.0',
    });
  });

  it('takes answers with raw samples from those who have no chunks', async () => {
    const labels = Labels.from({ __name__: 'a' });
    const samples = { timestamps: Float64Array.of(NOW * 1000), values: Float64Array.of(5) };
    const body = Buffer.from(compress(encodeReadResponse([[{ labels, ...samples }]])));
    await using old = await FakeTarget.start();
    old.answer = (_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' })
        .end(body);
    await using server = await TestServer.start(readFrom(`http://${old.address}`, 'read_recent: true'));
    expect(await server.query('a', NOW)).toEqual({ '{__name__="a"}': '5' });
  });

  it.each([
    ['[{url: "no url"}]', /remote_read.url: expected a URL/],
    ['[{url: "http://a/", name: x}, {url: "http://b/", name: x}]', /two sections have the name "x"/],
  ])('is refused with %s', async (sections, message) => {
    await expect(TestServer.start(`remote_read: ${sections}`)).rejects.toThrow(message);
  });
});

describe('answers in chunks', () => {
  it('are frames that are read back, each small', async () => {
    const samples = Array.from({ length: 2000 }, (_, i) => [NOW - 2000 + i, Math.sin(i)] as const);
    await using server = await TestServer.start('', {
      flags: ['--storage.remote.read-max-bytes-in-frame=1024'],
    });
    await server.write1([{ labels: { __name__: 'a' }, samples }]);
    const query = { startMs: 0, endMs: NOW * 1000, matchers: [new Matcher('=', '__name__', 'a')] };
    const answer = await server.fetch('/api/v1/read', {
      method: 'POST',
      body: compress(encodeReadRequest([query], true)) as Uint8Array<ArrayBuffer>,
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
    });
    expect(answer.headers.get('content-type')).toBe(CHUNKED_TYPE);
    const collector = new FetchedSeriesCollector({ minMs: 0, maxMs: Infinity }, 1e6);
    let frames = 0;
    decodeFrames(new Uint8Array(await answer.arrayBuffer()), (series) => {
      frames++;
      collector.addChunks(series.labels, series);
    });
    expect(frames).toBeGreaterThan(5);
    const [series] = collector.finish();
    expect([...series!.values]).toEqual(samples.map(([, value]) => value));
    expect([...series!.timestamps]).toEqual(samples.map(([seconds]) => seconds * 1000));
  });

  it('are refused where they are damaged, and where there is more than may be held', () => {
    const labels = Labels.from({ __name__: 'a' });
    const frame = encodeFrame(
      { labels, chunks: [{ encoding: 9, minTime: 0, maxTime: 1, data: Buffer.of(1) }] },
      0,
    );
    const read = (bytes: Uint8Array): void => {
      const collector = new FetchedSeriesCollector({ minMs: 0, maxMs: 1 }, 0);
      decodeFrames(bytes, (series) => collector.addChunks(series.labels, series));
    };
    expect(() => read(frame)).toThrow('expected a chunk encoding of 1 to 3, found 9');
    expect(() => read(frame.subarray(0, -1))).toThrow('the end of the answer inside a frame');
    frame[frame.length - 1]! ^= 1;
    expect(() => read(frame)).toThrow('a frame with another sum');
    const full = new FetchedSeriesCollector({ minMs: 0, maxMs: 1 }, 0);
    const sample = { labels, timestamps: Float64Array.of(1), values: Float64Array.of(1) };
    expect(() => full.addSamples(labels, sample)).toThrow('raise --query.max-samples');
  });
});

it('keeps stale markers, histograms and the order of series when it merges', () => {
  const own = new MemoryStore();
  own.append(Labels.from({ __name__: 'a', x: '2' }), 20, 2);
  own.append(Labels.from({ __name__: 'a', x: '4' }), 20, 'stale');
  const matchers = [new Matcher('=', '__name__', 'a')];
  const range = { minMs: 0, maxMs: 100 };
  const collector = new FetchedSeriesCollector(range, 100);
  const stale = new Float64Array(new Uint32Array([2, 0x7ff00000]).buffer);
  for (const [x, timeMs] of [
    ['1', 10],
    ['2', 30],
    ['4', 20],
    ['3', 10],
  ] as const) {
    const labels = Labels.from({ __name__: 'a', x });
    collector.addSamples(labels, { labels, timestamps: Float64Array.of(timeMs), values: stale });
  }
  const fetched = [{ key: selectionKey(matchers), range, series: collector.finish(), warnings: ['w'] }];
  const set = mergedStore(own, fetched).select(matchers, range);
  expect(Array.from({ length: set.length }, (_, i) => set.labels(i).get('x'))).toEqual(['1', '2', '3', '4']);
  const buffer = createSampleBuffer();
  set.read(1, buffer);
  expect([...buffer.timestamps.subarray(0, buffer.length)]).toEqual([20, 30]);
  expect([...new Uint32Array(buffer.values.buffer, buffer.values.byteOffset, 4)].slice(2)).toEqual([
    2, 0x7ff00000,
  ]);
  set.read(3, buffer);
  expect(buffer.length).toBe(1);
  expect(set.warnings).toEqual(['w']);
});

it('a thread opens the store and what was fetched as one', async () => {
  using folder = tempDir('merged');
  const local = Tsdb.open({ folder: folder.path });
  const batch = local.batch();
  batch.append(local.getOrCreateSeries(Labels.from({ __name__: 'a', x: '1' })), 10, 1);
  batch.commit();
  const matchers = [new Matcher('=', '__name__', 'a')];
  const range = { minMs: 0, maxMs: 100 };
  const collector = new FetchedSeriesCollector(range, 100);
  const labels = Labels.from({ __name__: 'a', x: '2' });
  const samples = { labels, timestamps: Float64Array.of(20), values: Float64Array.of(2) };
  collector.addSamples(labels, samples);
  const fetched = [{ key: selectionKey(matchers), range, series: collector.finish(), warnings: [] }];
  const handle = structuredClone({ local: local.shareHandle(), fetched });
  const set = openShared(handle).select(matchers, range);
  expect(Array.from({ length: set.length }, (_, i) => set.labels(i).get('x'))).toEqual(['1', '2']);
  await local.close();
});

describeWith('prometheus', 'remote read from a real Prometheus', () => {
  const start = async (target: FakeTarget): Promise<PrometheusPeer> => {
    const peer = await startPrometheus(
      `global: {scrape_interval: 200ms, external_labels: {origin: theirs}}
scrape_configs: [{job_name: shop, static_configs: [{targets: ["${target.address}"]}]}]`,
      ['--enable-feature=native-histograms'],
    );
    await waitFor(async () => (await peer.values('count_over_time(a[1m])')).length === 1);
    return peer;
  };

  it('gives queries its samples, its stale markers, and series', async () => {
    await using target = await FakeTarget.start('a{x="1"} 7\nb 8\n');
    await using peer = await start(target);
    await using server = await TestServer.start(readFrom(peer.url, 'read_recent: true'));
    expect(Object.entries(await server.query('a'))).toEqual([
      [`{__name__="a", instance="${target.address}", job="shop", origin="theirs", x="1"}`, '7'],
    ]);
    expect(Object.values(await server.query('count({job="shop"})'))).toEqual(['7']);
    expect((await server.api<unknown[]>('/series?match[]=b')).data).toHaveLength(1);
    target.body = 'b 9\n';
    await waitFor(async () => Object.keys(await server.query('a')).length === 0);
    const gone = await server.query('count_over_time(a[1m]) > bool 0');
    expect(Object.values(gone)).toEqual(['1']);
  });
});
