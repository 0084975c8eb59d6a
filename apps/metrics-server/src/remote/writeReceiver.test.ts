import { Labels } from '@binnacle/model';
import { compress, encodeWriteV2 } from '@binnacle/remote-protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';

const NOW = Math.floor(Date.now() / 1000);
let server: TestServer;

beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server[Symbol.asyncDispose]());

describe('remote write', () => {
  const labels = { __name__: 'late_total' };

  it('stores every sample of series of different lengths in one request', async () => {
    const lengths = [3, 0, 1, 5];
    const answer = await server.write1(
      lengths.map((length, i) => ({
        labels: { __name__: 'x', i: String(i) },
        samples: Array.from({ length }, (_, k) => [NOW - 60 + 10 * k, 100 * i + k] as const),
      })),
    );
    expect(answer.status).toBe(204);
    expect(await server.query('count_over_time(x[5m])', NOW)).toEqual({
      '{i="0"}': '3',
      '{i="2"}': '1',
      '{i="3"}': '5',
    });
    expect(await server.query('last_over_time(x[5m])', NOW)).toEqual({
      '{__name__="x", i="0"}': '2',
      '{__name__="x", i="2"}': '200',
      '{__name__="x", i="3"}': '304',
    });
  });

  it('keeps start timestamps that come by 2.0, whatever they are', async () => {
    const flags = ['--enable-feature=use-start-timestamps,promql-experimental-functions'];
    await using own = await TestServer.start('', { flags });
    const timestamps = [-40, -30, -20, -10, 0].map((seconds) => (NOW + seconds) * 1000);
    const starts = [(NOW - 50) * 1000, 0, -5000, 2 ** 62, -(2 ** 62)];
    const body = encodeWriteV2([
      {
        labels: Labels.from({ __name__: 'x' }),
        timestamps: Float64Array.from(timestamps),
        values: new Float64Array(5),
        startTimestamps: Float64Array.from(starts),
      },
    ]);
    const answer = await own.fetch('/api/v1/write', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
        'content-encoding': 'snappy',
      },
      body: compress(body) as Uint8Array<ArrayBuffer>,
    });
    expect(answer.status).toBe(204);
    for (let round = 0; round < 2; round++) {
      const found = await Promise.all(
        timestamps.map(async (timeMs) => (await own.query('start_timestamp(x)', timeMs / 1000))['{}']),
      );
      // Beyond what a time can be, there is none.
      expect(found).toEqual([String(NOW - 50), '0', '-5', '0', '0']);
      await own.restart();
    }
  });

  it('refuses what is too far ahead or out of order, says how much, and keeps the rest', async () => {
    const ahead = await server.write1([
      { labels, samples: [[NOW, 1]] },
      { labels: { ...labels, x: '1' }, samples: [[NOW + 700, 1]] },
    ]);
    expect(ahead.status).toBe(400);
    expect(await ahead.text()).toBe(
      'out of bounds: more than 10 minutes ahead of the clock (1 of 2 samples)\n',
    );
    const late = await server.write1([{ labels, samples: [[NOW - 10, 1]] }]);
    expect([late.status, await late.text()]).toEqual([400, 'out of order sample (1 of 1 samples)\n']);
    const other = await server.write1([{ labels, samples: [[NOW, 2]] }]);
    expect(await other.text()).toBe('duplicate sample for timestamp (1 of 1 samples)\n');
    expect((await server.write1([{ labels, samples: [[NOW, 1]] }])).status).toBe(204);
    expect(await server.query('late_total', NOW)).toEqual({ '{__name__="late_total"}': '1' });
  });

  it.each([
    ['a body that is not snappy', 'nonsense', {}, 400],
    ['JSON', '{}', { 'content-type': 'application/json' }, 415],
    ['another message', '', { 'content-type': 'application/x-protobuf;proto=other.Message' }, 415],
    ['gzip', '', { 'content-encoding': 'gzip' }, 415],
  ])('refuses %s', async (_, body, headers, status) => {
    const answer = await server.fetch('/api/v1/write', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy', ...headers },
    });
    expect(answer.status).toBe(status);
  });

  it('refuses series without a name', async () => {
    const answer = await server.write1([{ labels: { job: 'x' }, samples: [[NOW, 1]] }]);
    expect([answer.status, await answer.text()]).toEqual([
      400,
      'invalid metric name or labels, got \'{job="x"}\'\n',
    ]);
  });
});
