import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatGoFloat, Labels, Matcher, NO_BUCKETS, type FloatHistogram } from '@binnacle/model';
import { describeWith, freePort, startProcess, tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { createSampleBuffer, type SeriesSet } from '../db/series.ts';
import { Tsdb } from '../db/tsdb.ts';
import { exportPrometheusBlocks } from './exportBlocks.ts';
import { importPrometheusBlocks } from './importBlocks.ts';

const START = Date.UTC(2026, 0, 15, 10);
const ALL = { minMs: START - 86_400_000, maxMs: START + 86_400_000 };
const EVERY_METRIC = [new Matcher('!=', '__name__', '')];

it('gives back what it exported, histograms and stale markers included', async () => {
  using folder = tempDir('export');
  const db = openStore(join(folder.path, 'a'));
  fill(db, true);
  const ulids = await exportPrometheusBlocks(db, join(folder.path, 'prom'), {
    range: ALL,
    blockMs: 7_200_000,
  });
  expect(ulids.length).toBeGreaterThan(0);
  const result = await importPrometheusBlocks(join(folder.path, 'prom'), join(folder.path, 'b'));
  expect(result.samples).toBe(countSamples(db));
  const copy = openStore(join(folder.path, 'b'));
  expect(contents(copy)).toEqual(contents(db));
  await db.close();
  await copy.close();
});

it('refuses a damaged block and leaves nothing of it', async () => {
  using folder = tempDir('import');
  const db = openStore(join(folder.path, 'a'));
  fill(db, false);
  const prom = join(folder.path, 'prom');
  const [ulid] = await exportPrometheusBlocks(db, prom, { range: ALL });
  await db.close();
  for (const name of ['index', 'chunks/000001']) {
    const damaged = join(folder.path, `damaged-${name.length}`);
    cpSync(prom, damaged, { recursive: true });
    const path = join(damaged, ulid!, name);
    const bytes = readFileSync(path);
    bytes[200]! ^= 4;
    writeFileSync(path, bytes);
    const target = join(folder.path, `target-${name.length}`);
    await expect(importPrometheusBlocks(damaged, target)).rejects.toMatchObject({ code: 'TSDB_BAD_IMPORT' });
    expect(readdirSync(target)).toEqual([]);
  }
});

describeWith('prometheus', 'with promtool and a real Prometheus', () => {
  it('writes blocks that promtool lists, analyses and dumps', async () => {
    using folder = tempDir('promtool');
    const db = openStore(join(folder.path, 'a'));
    fill(db, false);
    const prom = join(folder.path, 'prom');
    mkdirSync(join(prom, 'wal'), { recursive: true });
    const ulids = await exportPrometheusBlocks(db, prom, { range: ALL });
    expect(promtool('tsdb', 'list', prom)).toContain(ulids[0]!);
    expect(promtool('tsdb', 'analyze', prom)).toMatch(/Series: 24/);
    const dump = promtool('tsdb', 'dump', prom)
      .split('\n')
      .filter((line) => line !== '');
    expect(dump).toHaveLength(countSamples(db));
    expect(promtool('tsdb', 'dump', '--match={__name__="gauge",i="3"}', prom)).toMatch(
      /^\{__name__="gauge", i="3", utf8="größe 🚀"\} 0 1768471200000/,
    );
    await db.close();
  });

  it('is read by a real Prometheus bit for bit, and imports its snapshot whole', async () => {
    using folder = tempDir('prometheus');
    const db = openStore(join(folder.path, 'a'));
    fill(db, true);
    const prom = join(folder.path, 'prom');
    await exportPrometheusBlocks(db, prom, { range: ALL });
    const port = await freePort();
    writeFileSync(join(folder.path, 'prometheus.yml'), '');
    await using server = await startProcess({
      command: 'prometheus',
      args: [
        `--config.file=${join(folder.path, 'prometheus.yml')}`,
        `--storage.tsdb.path=${prom}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--web.enable-admin-api',
        '--enable-feature=native-histograms',
        '--storage.tsdb.retention.time=100y',
      ],
      readyUrl: `http://127.0.0.1:${port}/-/ready`,
    });
    const time = START / 1000 + 3600;
    for (const name of ['counter', 'gauge']) {
      const answer = await query(port, `${name}[2h]`, time);
      const set = db.select([new Matcher('=', '__name__', name)], {
        minMs: START - 3_600_000,
        maxMs: START + 3_600_000,
      });
      expect(answer).toEqual(floatsOf(set));
    }
    const count = await query(port, 'histogram_count(native_hist)', time);
    expect(count[0]!.values[0]![1]).toBe(String(11 * (239 % 150)));
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/admin/tsdb/snapshot`, { method: 'POST' });
    const { data } = (await response.json()) as { data: { name: string } };
    const result = await importPrometheusBlocks(join(prom, 'snapshots', data.name), join(folder.path, 'b'));
    expect(result.samples).toBe(countSamples(db));
    const copy = openStore(join(folder.path, 'b'));
    expect(contents(copy)).toEqual(contents(db));
    await copy.close();
    await db.close();
    await server.stop();
  });

  it('imports blocks that promtool made of OpenMetrics text', async () => {
    using folder = tempDir('promtool-import');
    const lines = ['# TYPE temperature gauge'];
    for (let i = 0; i < 500; i++)
      lines.push(`temperature{room="${i % 5}"} ${i / 7} ${START / 1000 + i * 30}`);
    writeFileSync(join(folder.path, 'in.txt'), `${lines.join('\n')}\n# EOF\n`);
    const prom = join(folder.path, 'prom');
    promtool('tsdb', 'create-blocks-from', 'openmetrics', join(folder.path, 'in.txt'), prom);
    expect((await importPrometheusBlocks(prom, join(folder.path, 'a'))).samples).toBe(500);
    const db = openStore(join(folder.path, 'a'));
    const values = contents(db).flatMap(({ words }) => words);
    expect(values).toHaveLength(1000);
    await db.close();
  });
});

interface Answer {
  readonly metric: Record<string, string>;
  readonly values: [number, string][];
}

async function query(port: number, text: string, time: number): Promise<Answer[]> {
  const url = `http://127.0.0.1:${port}/api/v1/query?time=${time}&query=${encodeURIComponent(text)}`;
  const body = (await (await fetch(url)).json()) as {
    data: {
      result: { metric: Record<string, string>; values?: [number, string][]; value?: [number, string] }[];
    };
  };
  return body.data.result
    .map(({ metric, values, value }) => ({ metric, values: values ?? [value!] }))
    .sort((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1));
}

/** What Prometheus's API says of the same samples: stale ones left out, numbers that read back to the same bits. */
function floatsOf(set: SeriesSet): Answer[] {
  const out = createSampleBuffer();
  return Array.from({ length: set.length }, (_, i) => {
    set.read(i, out);
    const values: [number, string][] = [];
    const words = new Uint32Array(out.values.buffer, 0, 2 * out.length);
    for (let s = 0; s < out.length; s++) {
      if (words[2 * s + 1] === 0x7ff00000 && words[2 * s] === 2) continue;
      const value = out.values[s]!;
      const isPlain =
        value === 0 || !Number.isFinite(value) || (Math.abs(value) >= 1e-6 && Math.abs(value) < 1e21);
      values.push([out.timestamps[s]! / 1000, formatGoFloat(value, isPlain ? 'f' : 'e')]);
    }
    return { metric: set.labels(i).toJSON(), values };
  }).sort((a, b) => (JSON.stringify(a.metric) < JSON.stringify(b.metric) ? -1 : 1));
}

function contents(db: Tsdb) {
  const set = db.selectStored(EVERY_METRIC, ALL);
  const out = createSampleBuffer();
  return Array.from({ length: set.length }, (_, i) => {
    set.read(i, out);
    return {
      labels: String(set.labels(i)),
      times: [...out.timestamps.subarray(0, out.length)],
      words: [...new Uint32Array(out.values.buffer, 0, 2 * out.length)].map((word, w) =>
        out.histograms?.[w >> 1] === undefined ? word : 0,
      ),
      histograms: out.histograms?.map((h) => h && JSON.stringify({ ...h, counterResetHint: '' })),
    };
  });
}

function countSamples(db: Tsdb): number {
  return contents(db).reduce((total, { times }) => total + times.length, 0);
}

function openStore(folder: string): Tsdb {
  return Tsdb.open({ folder, maintenanceIntervalMs: 0, retentionMs: 0, maxSeries: 4096 });
}

/** Two hours of counters and gauges with odd values, a series that ends, and native histograms of every kind. */
function fill(db: Tsdb, withHistograms: boolean): void {
  const batch = db.batch();
  const refs = Array.from({ length: 24 }, (_, i) =>
    db.getOrCreateSeries(
      Labels.from({ __name__: i < 12 ? 'counter' : 'gauge', i: String(i % 12), utf8: 'größe 🚀' }),
    ),
  );
  const odd = [0.1, -0, Infinity, -Infinity, 5e-324, 1e300, 1 / 3, 123456.789];
  for (let step = 0; step < 240; step++) {
    const time = START + step * 15_000;
    refs.forEach((ref, i) => {
      if (i === 5 && step > 100) {
        if (step === 101) batch.appendStale(ref, time);
      } else if (i < 12) batch.append(ref, time, step * (i + 1) * 3);
      else batch.append(ref, time, i === 13 ? odd[step % odd.length]! : Math.sin(step * i) * 1000);
    });
    if (withHistograms) {
      const names = ['native_hist', 'native_float', 'native_gauge', 'native_negative'];
      for (const name of names) {
        const ref = db.getOrCreateSeries(Labels.from({ __name__: name }));
        batch.appendHistogram(ref, time, histogramAt(step, name), { isInteger: name !== 'native_float' });
      }
    }
    batch.commit();
  }
}

function histogramAt(step: number, name: string): FloatHistogram {
  const scale = name === 'native_float' ? step + 0.5 : step % 150;
  const positiveBuckets = Float64Array.of(scale, 2 * scale, 0, 7 * scale);
  const hasNegative = name === 'native_negative';
  return {
    schema: step < 200 ? 3 : 2,
    zeroThreshold: step % 100 < 50 ? 2 ** -128 : 0.001,
    zeroCount: scale,
    count: 11 * scale + (hasNegative ? 3 * scale : 0) || 0,
    sum: Math.PI * step,
    positiveSpans: [
      { offset: -2, length: 2 },
      { offset: 3, length: 2 },
    ],
    negativeSpans: hasNegative ? [{ offset: 0, length: 1 }] : [],
    positiveBuckets,
    negativeBuckets: hasNegative ? Float64Array.of(3 * scale) : NO_BUCKETS,
    customValues: NO_BUCKETS,
    counterResetHint: name === 'native_gauge' ? 'gauge' : 'unknown',
  };
}

function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
