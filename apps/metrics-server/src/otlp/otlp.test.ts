import { gzipSync } from 'node:zlib';
import { ProtoWriter } from '@binnacle/remote-protocol';
import { describe, expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';
import { labelName, metricName } from './names.ts';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const nano = (): string => `${Date.now()}000000`;
const start = () =>
  TestServer.start('otlp: {promote_resource_attributes: [deployment.environment]}', {
    flags: ['--web.enable-otlp-receiver'],
  });
const post = (
  server: TestServer,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<Response> => server.fetch('/api/v1/otlp/v1/metrics', { method: 'POST', body, headers });

function requestOf(metrics: object[]): object {
  const attributes = [
    text('service.name', 'cart'),
    text('service.namespace', 'shop'),
    text('service.instance.id', 'i-1'),
    text('deployment.environment', 'prod'),
    text('host.name', 'h'),
  ];
  return { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] };
}

const TARGET = 'deployment_environment="prod", instance="i-1", job="shop/cart"';

describe('OTLP', () => {
  it('in JSON is stored under Prometheus’s names', async () => {
    await using server = await start();
    const timeUnixNano = nano();
    const metrics = [
      {
        name: 'http.requests',
        unit: '{request}',
        description: 'Requests.',
        sum: {
          isMonotonic: true,
          aggregationTemporality: 2,
          dataPoints: [{ timeUnixNano, asInt: '7', attributes: [text('http.method', 'GET')] }],
        },
      },
      { name: 'queue.size', gauge: { dataPoints: [{ timeUnixNano, asDouble: 1.5 }] } },
      {
        name: 'latency',
        unit: 's',
        histogram: {
          aggregationTemporality: 'AGGREGATION_TEMPORALITY_CUMULATIVE',
          dataPoints: [
            { timeUnixNano, count: '6', sum: 3.5, bucketCounts: ['1', '2', '3'], explicitBounds: [0.1, 1] },
          ],
        },
      },
      {
        name: 'size',
        exponentialHistogram: {
          aggregationTemporality: 2,
          dataPoints: [
            {
              timeUnixNano,
              count: '4',
              sum: 9,
              scale: 0,
              zeroCount: '1',
              positive: { offset: 0, bucketCounts: ['1', '2'] },
            },
          ],
        },
      },
      { name: 'old', sum: { aggregationTemporality: 1, dataPoints: [{ timeUnixNano, asInt: '1' }] } },
    ];
    const answer = await post(server, JSON.stringify(requestOf(metrics)), {
      'content-type': 'application/json',
    });
    expect(await answer.json()).toEqual({
      partialSuccess: {
        rejectedDataPoints: 1,
        errorMessage: '1 points have delta temporality; send cumulative ones',
      },
    });
    expect(await server.query('{__name__=~"http.*|queue.*"}')).toEqual({
      [`{__name__="http_requests_total", ${TARGET.replace('instance', 'http_method="GET", instance')}}`]: '7',
      [`{__name__="queue_size", ${TARGET}}`]: '1.5',
    });
    expect(Object.values(await server.query('latency_seconds_bucket'))).toEqual(['6', '1', '3']);
    expect(Object.values(await server.query('latency_seconds_sum'))).toEqual(['3.5']);
    expect(Object.values(await server.query('histogram_count(size)'))).toEqual(['4']);
    expect(Object.values(await server.query('histogram_fraction(0.0001, 2, size)'))).toEqual(['0.25']);
    expect(Object.keys(await server.query('target_info'))).toEqual([
      '{__name__="target_info", deployment_environment="prod", host_name="h", instance="i-1", job="shop/cart"}',
    ]);
    expect((await server.api('/metadata?metric=http_requests_total')).data).toMatchObject({
      http_requests_total: [{ type: 'counter', help: 'Requests.' }],
    });
  });

  it.each([
    ['with st-storage', '--enable-feature=st-storage', true],
    ['not without', '--enable-feature=native-histograms', false],
  ])('says when counters began (%s)', async (_, flag, isStored) => {
    const engine = '--enable-feature=use-start-timestamps,promql-experimental-functions';
    await using server = await TestServer.start('', { flags: ['--web.enable-otlp-receiver', flag, engine] });
    const startSeconds = Math.floor(Date.now() / 1000) - 60;
    const point = { timeUnixNano: nano(), startTimeUnixNano: `${startSeconds}000000000` };
    const cumulative = { aggregationTemporality: 2 };
    const metrics = [
      { name: 'hits', sum: { ...cumulative, isMonotonic: true, dataPoints: [{ ...point, asInt: '7' }] } },
      { name: 'took', histogram: { ...cumulative, dataPoints: [{ ...point, count: '6', sum: 3.5 }] } },
      { name: 'native', exponentialHistogram: { ...cumulative, dataPoints: [{ ...point, count: '0' }] } },
      { name: 'size', summary: { dataPoints: [{ ...point, count: '6', sum: 3.5 }] } },
      { name: 'open', sum: { ...cumulative, dataPoints: [{ ...point, asInt: '7' }] } },
      { name: 'depth', gauge: { dataPoints: [{ ...point, asInt: '7' }] } },
    ];
    await post(server, JSON.stringify(requestOf(metrics)), { 'content-type': 'application/json' });
    const found: Record<string, string | undefined> = {};
    for (const name of ['hits_total', 'took_bucket', 'took_sum', 'native', 'size_count', 'open', 'depth'])
      found[name] = Object.values(await server.query(`start_timestamp(${name})`))[0];
    const start = isStored ? String(startSeconds) : '0';
    const counted = {
      hits_total: start,
      took_bucket: start,
      took_sum: start,
      native: start,
      size_count: start,
    };
    expect(found).toEqual({ ...counted, open: '0', depth: '0' });
  });

  it('in protobuf, with gzip, is stored', async () => {
    await using server = await start();
    const message = (write: (writer: ProtoWriter) => void): Uint8Array => {
      const writer = new ProtoWriter();
      write(writer);
      return writer.finish();
    };
    const attribute = message((w) => {
      w.stringField(1, 'service.name');
      w.bytesField(
        2,
        message((v) => v.stringField(1, 'cart')),
      );
    });
    const time = new DataView(new ArrayBuffer(8));
    time.setBigUint64(0, BigInt(nano()), true);
    const point = message((w) => {
      w.doubleBitsField(3, time.getUint32(0, true), time.getUint32(4, true));
      w.doubleField(4, 2.5);
    });
    const metric = message((w) => {
      w.stringField(1, 'load');
      w.bytesField(
        5,
        message((g) => g.bytesField(1, point)),
      );
    });
    const request = message((w) =>
      w.bytesField(
        1,
        message((r) => {
          r.bytesField(
            1,
            message((a) => a.bytesField(1, attribute)),
          );
          r.bytesField(
            2,
            message((s) => s.bytesField(2, metric)),
          );
        }),
      ),
    );
    const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' };
    const answer = await post(server, gzipSync(request) as Uint8Array<ArrayBuffer>, headers);
    expect(answer.status).toBe(200);
    expect(await server.query('load')).toEqual({ '{__name__="load", job="cart"}': '2.5' });
  });

  it.each([
    ['{', 'application/json', 400, /expected JSON/],
    ['{"resourceMetrics":7}', 'application/json', 400, /expected an OTLP metrics request/],
    ['\u0001\u0001', 'application/x-protobuf', 400, /./],
    ['x', 'text/plain', 415, /expected application\/x-protobuf/],
  ])('refuses %j as %s', async (body, type, status, message) => {
    await using server = await start();
    const answer = await post(server, body, { 'content-type': type });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toMatch(message);
  });

  it('is switched on by a flag', async () => {
    await using server = await TestServer.start();
    expect((await post(server, '{}', { 'content-type': 'application/json' })).status).toBe(404);
  });
});

describe('names', () => {
  it.each([
    ['http.server.duration', 'ms', 'other', 'http_server_duration_milliseconds'],
    ['disk.io', 'By', 'counter', 'disk_io_bytes_total'],
    ['disk_io_bytes_total', 'By', 'counter', 'disk_io_bytes_total'],
    ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
    ['speed', 'km/h', 'gauge', 'speed_km_per_hour'],
    ['requests', '{request}', 'counter', 'requests_total'],
    ['2xx', '', 'other', '_2xx'],
  ] as const)('%s in %s, a %s, is %s', (name, unit, kind, expected) => {
    expect(metricName(name, unit, kind)).toBe(expected);
  });

  it('of attributes', () => {
    expect(['http.method', '1a', '_x', '__y'].map(labelName)).toEqual([
      'http_method',
      'key_1a',
      'key_x',
      '__y',
    ]);
  });
});
