import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CUSTOM_BUCKETS_SCHEMA, Labels, Matcher, NO_BUCKETS, type FloatHistogram } from '@binnacle/model';
import { tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { SAMPLE_STATUS } from '../head/appender.ts';
import { backfillOpenMetrics } from '../openmetrics/backfill.ts';
import { planCompaction, compactionRanges } from './compactionPlan.ts';
import type { TsdbOptions } from './options.ts';
import { createSampleBuffer } from './series.ts';
import { Tsdb } from './tsdb.ts';

const RANGE_MS = 100_000;
const ALL = { minMs: -Infinity, maxMs: Infinity };

it('keeps histograms of every kind, start timestamps, exemplars and metadata through a restart and a block', async () => {
  using folder = tempDir('kinds');
  let db = open(folder.path);
  const batch = db.batch();
  const ref = db.getOrCreateSeries(Labels.from({ __name__: 'größe.метрика', 'label with space': '🚀' }));
  const kinds = [
    histogram(1),
    histogram(2, { schema: CUSTOM_BUCKETS_SCHEMA, customValues: Float64Array.of(1, 2, 5) }),
    histogram(0.5),
  ];
  kinds.forEach((kind, i) => batch.appendHistogram(ref, 1000 + i, kind, { startTimestampMs: 500 }));
  batch.append(ref, 2000, 7, 1500);
  batch.appendStale(ref, 2001);
  batch.appendExemplar(Labels.from({ __name__: 'm' }), Labels.from({ trace_id: 'abc' }), 0.3, 1234);
  batch.setMetadata('m', { type: 'counter', help: 'A "help"\n', unit: 'seconds' });
  expect(batch.commit()).toMatchObject({ stored: 5, refused: 0 });
  const check = (): void => {
    const set = db.select([new Matcher('=', 'label with space', '🚀')], ALL);
    const out = createSampleBuffer();
    set.read(0, out);
    expect([...out.timestamps.subarray(0, out.length)]).toEqual([1000, 1001, 1002, 2000, 2001]);
    expect(out.histograms).toEqual([...kinds, undefined, undefined]);
    expect([...out.startTimestamps!.subarray(0, 5)]).toEqual([500, 500, 500, 1500, 0]);
    expect(new Uint32Array(out.values.buffer)[9]).toBe(0x7ff00000);
    expect(db.exemplars([[new Matcher('=', '__name__', 'm')]], ALL)).toHaveLength(1);
    expect(db.metadata.get('m')).toEqual({ type: 'counter', help: 'A "help"\n', unit: 'seconds' });
    const stored = db.selectStored([new Matcher('=', 'label with space', '🚀')], ALL);
    const kept = { ...createSampleBuffer(), histograms: undefined };
    stored.readStored(0, kept);
    expect(stored.length).toBe(1);
  };
  check();
  await db.close();
  db = open(folder.path);
  check();
  await db.flush();
  expect(db.stats()).toMatchObject({ headSeries: 0, blocks: 1 });
  check();
  await db.close();
  db = open(folder.path);
  check();
  await db.close();
});

it('puts histograms that come out of order in their place, also after a restart and in a block', async () => {
  using folder = tempDir('late-histogram');
  const options = { outOfOrderWindowMs: 50_000 };
  let db = open(folder.path, options);
  const labels = Labels.from({ __name__: 'h' });
  for (const time of [10_000, 30_000, 5000, 20_000]) {
    const batch = db.batch();
    batch.appendHistogram(db.getOrCreateSeries(labels), time, histogram(time));
    expect(batch.commit().stored).toBe(1);
  }
  const check = (): void => {
    const out = createSampleBuffer();
    db.select([new Matcher('=', '__name__', 'h')], ALL).read(0, out);
    expect([...out.timestamps.subarray(0, out.length)]).toEqual([5000, 10_000, 20_000, 30_000]);
    expect(out.histograms).toEqual([5000, 10_000, 20_000, 30_000].map((time) => histogram(time)));
  };
  check();
  await db.close();
  db = open(folder.path, options);
  check();
  await db.flush();
  check();
  await db.close();
});

it('shares one array of times among series of one scrape across blocks and head', async () => {
  using folder = tempDir('shared');
  const db = open(folder.path);
  for (let time = 0; time < 900_000; time += 1000) {
    append(db, time, 'm', ['a', 'b', 'c']);
    if (time % 200_000 === 0) await db.maintain();
  }
  expect(db.stats().blocks).toBeGreaterThan(1);
  const set = db.select([new Matcher('=', '__name__', 'm')], { minMs: 50_500, maxMs: 880_000 });
  const [a, b, c] = [0, 1, 2].map((i) => {
    const out = createSampleBuffer();
    set.read(i, out);
    return out;
  });
  expect(a!.length).toBe(830);
  expect(b!.timestamps).toBe(a!.timestamps);
  expect(c!.timestamps).toBe(a!.timestamps);
  await db.close();
});

it('keeps only the newest exemplars', async () => {
  using folder = tempDir('exemplars');
  const db = open(folder.path, { maxExemplars: 3 });
  for (let i = 0; i < 10; i++) {
    const batch = db.batch();
    batch.appendExemplar(
      Labels.from({ __name__: 'm', i: String(i % 4) }),
      Labels.from({ t: String(i) }),
      i,
      i,
    );
    batch.commit();
  }
  expect(db.exemplars([[]], ALL).map(({ value }) => value)).toEqual([7, 8, 9]);
  await db.close();
});

it('reads its log in turns, telling how far it is, and can be stopped', async () => {
  using folder = tempDir('later');
  const options = { folder: folder.path, walSegmentBytes: 4096, maintenanceIntervalMs: 0 };
  const first = Tsdb.open(options);
  const ref = first.getOrCreateSeries(Labels.from({ __name__: 'a' }));
  for (let i = 1; i <= 2000; i++) {
    const batch = first.batch();
    batch.append(ref, i, i);
    batch.commit();
  }
  await first.close();

  const stopped = Tsdb.openLater(options);
  const abort = new AbortController();
  await expect(stopped.replay(() => abort.abort(new Error('enough')), abort.signal)).rejects.toThrow(
    'enough',
  );
  await stopped.store.close();

  const { store, replay } = Tsdb.openLater(options);
  expect(() => store.select([], ALL)).toThrow('to be open');
  const seen: number[] = [];
  await replay(({ first: from, last, current }) => {
    expect(last).toBeGreaterThan(from);
    seen.push(current);
  });
  expect(seen.length).toBeGreaterThan(0);
  expect(store.stats().samplesReplayed).toBe(2000);
  await store.close();
});

it('tells what every commit took, and whose a reference is', async () => {
  using folder = tempDir('commits');
  const seen: unknown[] = [];
  const db = Tsdb.open({
    folder: folder.path,
    onCommit: ({ samples, statuses, exemplars }) =>
      seen.push([[...samples.times.subarray(0, samples.length)], [...statuses], exemplars.length]),
  });
  const labels = Labels.from({ __name__: 'a' });
  const ref = db.getOrCreateSeries(labels);
  const batch = db.batch();
  for (let i = 0; i < 2; i++) {
    batch.append(ref, 1000 + i, 1);
    batch.append(ref, 500, 1);
    batch.appendExemplar(labels, Labels.from({ trace_id: 'a' }), 1, 1000);
    batch.commit();
  }
  const { accepted, outOfOrder } = SAMPLE_STATUS;
  expect(seen).toEqual([
    [[1000, 500], [accepted, outOfOrder], 1],
    [[1001, 500], [accepted, outOfOrder], 0],
  ]);
  expect(db.labelsOf(ref)?.toString()).toBe('{__name__="a"}');
  expect(db.labelsOf(ref + 1)).toBeUndefined();
  expect(db.lastTimeOf(ref)).toBe(1001);
  expect(db.lastTimeOf(db.getOrCreateSeries(Labels.from({ __name__: 'b' })))).toBe(-Infinity);
  await db.close();
});

it('tells of its blocks, oldest first', async () => {
  using folder = tempDir('tsdb');
  const db = open(folder.path);
  const batch = db.batch();
  const ref = db.getOrCreateSeries(Labels.from({ __name__: 'a' }));
  for (const timeMs of [1000, 2000]) batch.append(ref, timeMs, 1);
  batch.commit();
  expect(db.blocks()).toEqual([]);
  await db.flush();
  expect(db.blocks()).toMatchObject([
    { minTime: 1000, maxTime: 2001, stats: { numSamples: 2, numSeries: 1 }, compaction: { level: 1 } },
  ]);
  expect(db.blocks()[0]!.sizeBytes).toBeGreaterThan(0);
  await db.close();
});

it('answers label names, values, series and cardinality with limits, from blocks and head', async () => {
  using folder = tempDir('labels');
  const db = open(folder.path);
  append(db, 0, 'old', ['a', 'b']);
  await db.flush();
  append(db, 200_000, 'new', ['b', 'c']);
  expect(db.labelNames([], ALL)).toEqual(['__name__', 'instance']);
  expect(db.labelValues('instance', [], ALL)).toEqual(['a', 'b', 'c']);
  expect(db.labelValues('instance', [], ALL, 2)).toEqual(['a', 'b']);
  expect(db.labelValues('instance', [], { minMs: 100_000, maxMs: 300_000 })).toEqual(['b', 'c']);
  expect(db.labelValues('instance', [new Matcher('=', '__name__', 'old')], ALL)).toEqual(['a', 'b']);
  const selectors = [[new Matcher('=', 'instance', 'b')], [new Matcher('=', '__name__', 'new')]];
  expect(db.series(selectors, ALL).map(String)).toEqual([
    '{__name__="new", instance="b"}',
    '{__name__="new", instance="c"}',
    '{__name__="old", instance="b"}',
  ]);
  expect(db.series(selectors, ALL, 1)).toHaveLength(1);
  expect(db.select([new Matcher('=', 'instance', 'b')], ALL, 1).length).toBe(1);
  expect(db.cardinality(1)).toEqual({
    seriesCountByMetricName: [{ name: 'new', value: 2 }],
    labelValueCountByLabelName: [{ name: 'instance', value: 2 }],
    memoryInBytesByLabelName: [{ name: '__name__', value: 6 }],
    seriesCountByLabelValuePair: [{ name: '__name__=new', value: 2 }],
  });
  await db.close();
});

it('refuses labels that are not valid, series beyond the limit, and references of series that are gone', async () => {
  using folder = tempDir('limits');
  const db = open(folder.path, { maxSeries: 5 });
  expect(() => db.getOrCreateSeries(Labels.from({}))).toThrow(
    expect.objectContaining({ code: 'TSDB_BAD_LABELS' }),
  );
  expect(() => db.getOrCreateSeries(Labels.from({ a: '\ud800' }))).toThrow(/UTF-8/);
  const [ref] = append(db, 0, 'm', ['1', '2', '3', '4']);
  expect(() => append(db, 1, 'm', ['5'])).toThrow(expect.objectContaining({ code: 'TSDB_LIMIT' }));
  await db.flush();
  const batch = db.batch();
  batch.append(ref!, 200_000, 1);
  expect([...batch.commit().statuses]).toEqual([SAMPLE_STATUS.unknownSeries]);
  expect(append(db, 200_000, 'm', ['1'])[0]).not.toBe(ref);
  await db.close();
  expect(() => db.select([], ALL)).toThrow(expect.objectContaining({ code: 'TSDB_CLOSED' }));
});

it('knows a series by the label bytes of a remote-write request', async () => {
  using folder = tempDir('bytes');
  const db = open(folder.path);
  const bytes = Uint8Array.from([...label('__name__', 'up'), ...label('job', 'größe')]);
  const ref = db.getOrCreateSeriesFromBytes(bytes);
  expect(db.findSeries(Labels.from({ __name__: 'up', job: 'größe' }))).toBe(ref);
  expect(db.getOrCreateSeriesFromBytes(Uint8Array.of(9, ...bytes, 9), 1, bytes.length + 1)).toBe(ref);
  const other = Uint8Array.from([...label('__name__', 'up'), ...label('job', 'x')]);
  expect(db.getOrCreateSeriesFromBytes(other)).not.toBe(ref);
  await db.close();
});

it('copies itself to a folder that opens with the same samples', async () => {
  using folder = tempDir('snapshot');
  const db = open(join(folder.path, 'a'));
  append(db, 0, 'm', ['a', 'b']);
  await db.flush();
  append(db, 150_000, 'm', ['b', 'c']);
  await db.snapshot(join(folder.path, 'b'));
  append(db, 150_001, 'm', ['d']);
  const copy = open(join(folder.path, 'b'));
  expect(countSamples(copy)).toBe(4);
  expect(countSamples(db)).toBe(5);
  await copy.close();
  await db.close();
});

it('removes blocks by age and by size, oldest first', async () => {
  using folder = tempDir('retention');
  const db = open(folder.path, { retentionMs: 500_000 });
  for (let time = 0; time < 2_000_000; time += 10_000) {
    append(db, time, 'm', ['a']);
    await db.maintain();
  }
  const set = db.select([], ALL);
  const out = createSampleBuffer();
  set.read(0, out);
  expect(out.timestamps[0]!).toBeGreaterThan(1_300_000);
  expect(out.timestamps[0]!).toBeLessThanOrEqual(1_490_000);
  const { blocks } = db.stats();
  await db.close();
  const small = open(folder.path, { retentionMs: 0, retentionBytes: db.stats === undefined ? 0 : 3000 });
  await small.maintain();
  expect(small.stats().blocks).toBeLessThan(blocks);
  await small.close();
});

it('plans merges of overlapping blocks first, then of full ranges, and leaves the newest alone', () => {
  const ranges = compactionRanges(2, 20);
  expect(ranges).toEqual([2, 6, 18]);
  const block = (minTime: number, maxTime: number) => ({
    ulid: String(minTime),
    version: 1 as const,
    format: 'binnacle-block-1' as const,
    minTime,
    maxTime,
    stats: { numSamples: 1, numSeries: 1, numChunks: 1, numTombstones: 0 },
    compaction: { level: 1, sources: [], parents: [] },
  });
  const plan = (...spans: [number, number][]) =>
    planCompaction(
      spans.map(([from, to]) => block(from, to)),
      ranges,
    ).map(({ minTime }) => minTime);
  expect(plan([0, 2], [2, 4], [4, 6])).toEqual([]);
  expect(plan([0, 2], [2, 4], [4, 6], [6, 8])).toEqual([0, 2, 4]);
  expect(plan([0, 2], [4, 6], [6, 8], [8, 10])).toEqual([0, 4]);
  expect(plan([0, 6], [6, 12], [12, 18], [18, 20])).toEqual([0, 6, 12]);
  expect(plan([0, 6], [5, 8], [20, 22])).toEqual([0, 5]);
});

it('takes OpenMetrics text with timestamps, and refuses text without', async () => {
  using folder = tempDir('backfill');
  const text = `# HELP m Help.
m{a="x\\"y\\n"} 1.5 1000
m{a="x\\"y\\n"} 2.5 9000.001 # {trace_id="t"} 1
{"größe","label.name"="v"} +Inf 1000
# EOF
`;
  expect(await backfillOpenMetrics(text, folder.path)).toMatchObject({ series: 2, samples: 3 });
  const db = open(folder.path);
  const set = db.select([new Matcher('=', 'a', 'x"y\n')], ALL);
  const out = createSampleBuffer();
  set.read(0, out);
  expect([...out.timestamps.subarray(0, 2)]).toEqual([1_000_000, 9_000_001]);
  expect(countSamples(db)).toBe(3);
  await db.close();
  await expect(backfillOpenMetrics('m 1\n# EOF\n', folder.path)).rejects.toThrow(
    /timestamp in seconds in line 1/,
  );
  await expect(backfillOpenMetrics('m 1 1\n', folder.path)).rejects.toThrow(/# EOF/);
});

it('is read by a worker thread through shared memory, batches whole, while samples come in', async () => {
  using folder = tempDir('worker');
  const db = open(folder.path);
  const instances = Array.from({ length: 300 }, (_, i) => String(i));
  append(db, 0, 'm', instances);
  await db.flush();
  const refs = append(db, 150_000, 'm', instances);
  const worker = new Worker(new URL('../crash/readerWorker.ts', import.meta.url), {
    workerData: { handle: db.shareHandle(), module: db.openerModule },
    execArgv: ['-C', '@binnacle/source'],
  });
  const reports: { lengths: number[]; torn: number }[] = [];
  worker.on('message', (report: { lengths: number[]; torn: number }) => reports.push(report));
  await new Promise((resolve) => worker.once('message', resolve));
  const batch = db.batch();
  for (let time = 150_001; reports.length < 5; time++) {
    for (const ref of refs) batch.append(ref, time, time);
    batch.commit();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await worker.terminate();
  expect(reports.every(({ torn }) => torn === 0)).toBe(true);
  expect(reports[4]!.lengths[0]!).toBeGreaterThan(reports[0]!.lengths[0]!);
  expect(readdirSync(folder.path)).toContain('lock');
  await db.close();
});

function open(folder: string, options: Partial<TsdbOptions> = {}): Tsdb {
  return Tsdb.open({
    folder,
    blockRangeMs: RANGE_MS,
    maxSeries: 4096,
    retentionMs: 0,
    maintenanceIntervalMs: 0,
    ...options,
  });
}

function append(db: Tsdb, time: number, name: string, instances: readonly string[]): number[] {
  const batch = db.batch();
  const refs = instances.map((instance) => db.getOrCreateSeries(Labels.from({ __name__: name, instance })));
  for (const ref of refs) batch.append(ref, time, time);
  batch.commit();
  return refs;
}

function countSamples(db: Tsdb): number {
  const set = db.select([], ALL);
  const out = createSampleBuffer();
  let total = 0;
  for (let i = 0; i < set.length; i++) {
    set.read(i, out);
    total += out.length;
  }
  return total;
}

function histogram(scale: number, change: Partial<FloatHistogram> = {}): FloatHistogram {
  return {
    schema: 2,
    zeroThreshold: 'schema' in change ? 0 : 0.001,
    zeroCount: 'schema' in change ? 0 : scale,
    count: 10 * scale,
    sum: 1.5,
    positiveSpans: [
      { offset: 0, length: 2 },
      { offset: 1, length: 1 },
    ],
    negativeSpans: [],
    positiveBuckets: Float64Array.of(scale, 4 * scale, 4 * scale),
    negativeBuckets: NO_BUCKETS,
    customValues: NO_BUCKETS,
    counterResetHint: 'unknown',
    ...change,
  };
}

function label(name: string, value: string): number[] {
  const field = (tag: number, bytes: Uint8Array): number[] => [tag, bytes.length, ...bytes];
  const encoder = new TextEncoder();
  return field(
    0x0a,
    Uint8Array.from([...field(0x0a, encoder.encode(name)), ...field(0x12, encoder.encode(value))]),
  );
}
