import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Labels, Matcher, setStaleAt, type FloatHistogram } from '@binnacle/model';
import { describeWith, freePort, startProcess, tempDir, waitFor } from '@binnacle/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compress,
  decodeReadRequest,
  decodeReadResponse,
  decodeWriteV1,
  decodeWriteV2,
  decompress,
  encodeReadRequest,
  encodeReadResponse,
  encodeWriteV1,
  encodeWriteV2,
  RemoteProtocolError,
  WriteBatch,
  type OutgoingSeries,
} from './index.ts';

const text = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });
const labels = fc.dictionary(text, text, { minKeys: 1, maxKeys: 5 }).map((record) => Labels.from(record));
const timestamp = fc.integer({ min: -(2 ** 45), max: 2 ** 45 });
const histogram: fc.Arbitrary<FloatHistogram> = fc
  .array(fc.nat(1e6), { minLength: 1, maxLength: 5 })
  .map((counts) => ({
    schema: 3,
    zeroThreshold: 1e-128,
    zeroCount: 2,
    count: 99,
    sum: -1.5,
    positiveSpans: [{ offset: -3, length: counts.length }],
    negativeSpans: [],
    positiveBuckets: Float64Array.from(counts),
    negativeBuckets: new Float64Array(0),
    customValues: new Float64Array(0),
    counterResetHint: 'gauge',
  }));
const series: fc.Arbitrary<OutgoingSeries> = fc
  .tuple(
    labels,
    fc.array(fc.tuple(timestamp, fc.double(), timestamp), { maxLength: 5 }),
    fc.array(fc.tuple(timestamp, histogram, timestamp), { maxLength: 2 }),
    labels,
  )
  .map(([own, samples, histograms, exemplarLabels]) => ({
    labels: own,
    timestamps: Float64Array.from(samples, ([t]) => t),
    values: Float64Array.from(samples, ([, v]) => v),
    startTimestamps: Float64Array.from(samples, ([, , start]) => start),
    histograms: histograms.map(([timestampMs, h, startTimestampMs]) => ({
      histogram: h,
      timestampMs,
      startTimestampMs,
    })),
    exemplars: [{ labels: exemplarLabels, value: 1.5, timestampMs: 7 }],
  }));

describe.each([
  ['1.0', encodeWriteV1, decodeWriteV1, false],
  ['2.0', encodeWriteV2, decodeWriteV2, true],
] as const)('remote write %s', (_version, encode, decode, hasStarts) => {
  it('decodes what it encoded, bit for bit, into a batch that is used again', () => {
    const batch = new WriteBatch();
    fc.assert(
      fc.property(fc.array(series, { maxLength: 6 }), (sent) => {
        decode(encode(sent), batch);
        expect(batch.seriesCount).toBe(sent.length);
        let start = 0;
        for (const [i, one] of sent.entries()) {
          const end = batch.sampleEnd[i]!;
          expect(batch.labels(i).key).toBe(one.labels.key);
          expect(batch.timestamps.slice(start, end)).toEqual(one.timestamps);
          expect(new BigUint64Array(batch.values.slice(start, end).buffer)).toEqual(
            new BigUint64Array(one.values.slice().buffer),
          );
          const starts = hasStarts ? one.startTimestamps! : new Float64Array(end - start);
          expect(batch.startTimestamps.slice(start, end)).toEqual(starts);
          start = end;
        }
        const histograms = sent.flatMap((one, i) =>
          one.histograms!.map((h) => ({
            series: i,
            ...h,
            startTimestampMs: hasStarts ? h.startTimestampMs : 0,
          })),
        );
        expect(batch.histograms).toEqual(histograms);
        expect(batch.exemplars.map((e) => e.labels.key)).toEqual(
          sent.map((one) => one.exemplars![0]!.labels.key),
        );
      }),
    );
  });

  it('keeps a stale marker a stale marker', () => {
    const values = new Float64Array([1, 0]);
    setStaleAt(values, 1);
    const batch = new WriteBatch();
    decode(
      encode([{ labels: Labels.from({ a: '1' }), timestamps: new Float64Array([1, 2]), values }]),
      batch,
    );
    expect(new BigUint64Array(batch.values.slice(0, 2).buffer)[1]).toBe(0x7ff0000000000002n);
  });

  it('refuses garbage with its own error, whatever the bytes', () => {
    const batch = new WriteBatch();
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 100 }),
        fc.nat(99),
        fc.array(series, { maxLength: 2 }),
        (garbage, at, sent) => {
          const body = encode(sent).slice();
          body.set(garbage.subarray(0, Math.max(0, body.length - at)), Math.min(at, body.length));
          try {
            decode(body, batch);
          } catch (error) {
            expect(error).toBeInstanceOf(RemoteProtocolError);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('stops at its limits', () => {
    const one = {
      labels: Labels.from({ a: '1' }),
      timestamps: new Float64Array(3),
      values: new Float64Array(3),
    };
    const batch = new WriteBatch();
    expect(() => decode(encode([one, one]), batch, { maxSeries: 1, maxSamples: 100 })).toThrow(
      /at most 1 series/,
    );
    expect(() => decode(encode([one, one]), batch, { maxSeries: 9, maxSamples: 5 })).toThrow(
      /at most 5 samples/,
    );
  });
});

it('carries metadata', () => {
  const batch = new WriteBatch();
  const metadata = { family: 'up', type: 'gauge', help: 'Whether.', unit: '' };
  decodeWriteV1(encodeWriteV1([], [metadata]), batch);
  expect(batch.metadata).toEqual([metadata]);
  const empty = new Float64Array(0);
  decodeWriteV2(
    encodeWriteV2([{ labels: Labels.from({ __name__: 'up' }), timestamps: empty, values: empty, metadata }]),
    batch,
  );
  expect(batch.metadata).toEqual([metadata]);
});

it('carries remote read questions and answers', () => {
  const matchers = [new Matcher('=~', 'job', 'a|b'), new Matcher('!=', 'x', '')];
  const request = decodeReadRequest(encodeReadRequest([{ startMs: -5, endMs: 10, matchers }]));
  expect(request.queries[0]).toMatchObject({ startMs: -5, endMs: 10 });
  expect(request.queries[0]!.matchers.map(String)).toEqual(['job=~"a|b"', 'x!=""']);
  fc.assert(
    fc.property(fc.array(fc.array(series, { maxLength: 3 }), { maxLength: 3 }), (results) => {
      const back = decodeReadResponse(encodeReadResponse(results));
      expect(
        back.map((list) => list.map((one) => [one.labels.key, [...one.timestamps], [...one.values]])),
      ).toEqual(
        results.map((list) => list.map((one) => [one.labels.key, [...one.timestamps], [...one.values]])),
      );
    }),
  );
});

describeWith('prometheus', 'remote write and read with a real Prometheus', () => {
  it('is understood by its receiver and its reader, and understands its sender', async () => {
    using folder = tempDir('remote');
    const received: WriteBatch[] = [];
    const receiver = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const batch = new WriteBatch();
        decodeWriteV1(decompress(Buffer.concat(chunks), 1 << 24), batch);
        received.push(batch);
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const { port: receiverPort } = receiver.address() as AddressInfo;
    const port = await freePort();
    const config = join(folder.path, 'prometheus.yml');
    writeFileSync(
      config,
      `remote_write: [{ url: "http://127.0.0.1:${receiverPort}/", queue_config: { batch_send_deadline: 100ms } }]\n`,
    );
    const url = `http://127.0.0.1:${port}`;
    await using _prometheus = await startProcess({
      command: 'prometheus',
      args: [
        `--config.file=${config}`,
        `--storage.tsdb.path=${folder.path}/data`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-remote-write-receiver',
      ],
      readyUrl: `${url}/-/ready`,
    });

    const now = Date.now();
    const mine = Labels.from({ __name__: 'sent', from: 'here', emoji: '🧭' });
    const timestamps = new Float64Array([now - 1, now]);
    const body = compress(
      encodeWriteV1([{ labels: mine, timestamps, values: new Float64Array([1.5, 5e-324]) }]),
    );
    const headers = { 'content-encoding': 'snappy', 'x-prometheus-remote-write-version': '0.1.0' };
    expect(
      (await fetch(`${url}/api/v1/write`, { method: 'POST', body: Buffer.from(body), headers })).status,
    ).toBe(204);

    const question = encodeReadRequest([
      { startMs: now - 10_000, endMs: now, matchers: [new Matcher('=', '__name__', 'sent')] },
    ]);
    const answer = await fetch(`${url}/api/v1/read`, {
      method: 'POST',
      body: Buffer.from(compress(question)),
      headers,
    });
    const [[series] = []] = decodeReadResponse(
      decompress(new Uint8Array(await answer.arrayBuffer()), 1 << 24),
    );
    expect(series!.labels.key).toBe(mine.key);
    expect([...series!.timestamps]).toEqual([...timestamps]);
    expect([...series!.values]).toEqual([1.5, 5e-324]);

    await waitFor(() => received.some((batch) => batch.seriesCount > 0 && batch.labels(0).key === mine.key), {
      what: 'what Prometheus forwards',
    });
    receiver.close();
  });
});
