import { CUSTOM_BUCKETS_SCHEMA, Labels, Matcher, NO_BUCKETS, type FloatHistogram } from '@binnacle/model';
import { tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { SAMPLE_STATUS } from '../head/sampleStatus.ts';
import { createSampleBuffer } from './series.ts';
import { ALL, append, countSamples, open } from './storeFixture.ts';
import { Tsdb } from './tsdb.ts';

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

it.each([
  { name: 'are in the log still', walSegmentBytes: 1 << 20, outOfOrderWindowMs: 0 },
  { name: 'are in a block only', walSegmentBytes: 1, outOfOrderWindowMs: 0 },
  { name: 'are in a block only, out of order', walSegmentBytes: 1, outOfOrderWindowMs: 30_000 },
])('replays what was stored by what was known then, when the samples before it $name', async (options) => {
  using folder = tempDir('replay');
  const db = open(folder.path, options);
  append(db, 95_000, 'm', ['a']);
  const batch = db.batch();
  for (const [instance, time] of [
    ['b', 165_000],
    ['c', 105_000],
  ] as const)
    batch.append(db.getOrCreateSeries(Labels.from({ __name__: 'm', instance })), time, 1);
  expect(batch.commit().stored).toBe(2);
  append(db, 250_000, 'm', ['b']);
  await db.maintain();
  expect(db.stats()).toMatchObject({ blocks: 1, headMinTime: 100_000 });
  expect(countSamples(db)).toBe(4);
  await db.close();
  // Whatever the window is now.
  const again = open(folder.path);
  expect(countSamples(again)).toBe(4);
  await again.close();
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

it('counts about as many series as a selection finds', async () => {
  using folder = tempDir('tsdb-count');
  const db = Tsdb.open({ folder: folder.path, maxSeries: 1000, maintenanceIntervalMs: 0 });
  const batch = db.batch();
  const labelsOf = (i: number): Labels => Labels.from({ __name__: 'm', i: String(i) });
  for (let i = 0; i < 20; i++) batch.append(db.getOrCreateSeries(labelsOf(i)), 1_700_000_000_000, i);
  batch.commit();
  await db.flush();
  for (let i = 0; i < 5; i++) batch.append(db.getOrCreateSeries(labelsOf(i)), 1_700_010_000_000, i);
  batch.commit();
  const range = { minMs: 0, maxMs: Infinity };
  const count = (...matchers: Matcher[]): number => db.countSeries(matchers, range);
  expect(count(new Matcher('=', '__name__', 'm'))).toBe(20);
  expect(count(new Matcher('=~', 'i', '1.*'))).toBe(11);
  expect(count(new Matcher('=', 'i', 'none'))).toBe(0);
  expect(db.countSeries([new Matcher('=', '__name__', 'm')], { minMs: 0, maxMs: 1000 })).toBe(0);
  await db.close();
});

it('knows of a series in the head whether it ends in a range, and says no where it would have to look', async () => {
  using folder = tempDir('ends');
  const db = open(folder.path);
  for (const time of [1000, 2000, 3000]) append(db, time, 'a', ['x']);
  const endsIn = (minMs: number, maxMs: number): boolean =>
    db.select([new Matcher('=', '__name__', 'a')], { minMs, maxMs }).endsInRange(0);
  expect([endsIn(0, 3000), endsIn(3000, 9000), endsIn(0, 2999)]).toEqual([true, true, false]);
  await db.delete([new Matcher('=', '__name__', 'a')], { minMs: 3000, maxMs: 3000 });
  expect(endsIn(0, 9000)).toBe(false);
  await db.close();
});
