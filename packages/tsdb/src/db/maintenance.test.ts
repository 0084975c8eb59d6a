import { join } from 'node:path';
import { Labels, Matcher } from '@binnacle/model';
import { tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { compactionRanges, planCompaction } from './compactionPlan.ts';
import { createSampleBuffer } from './series.ts';
import { ALL, append, countSamples, open, RANGE_MS } from './storeFixture.ts';

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

it('reads a selection to its end when the blocks it came from are merged meanwhile', async () => {
  using folder = tempDir('merged');
  const db = open(folder.path, { cacheBytes: 1 });
  const instances = Array.from({ length: 40 }, (_, i) => String(i));
  const refs = append(db, 0, 'm', instances);
  const batch = db.batch();
  for (let time = 1; time < 2.5 * RANGE_MS; time += RANGE_MS / 1000) {
    for (const ref of refs) batch.append(ref, time, Math.sin(time + ref));
    batch.commit();
    if (time === 1 + RANGE_MS) await db.flush();
  }
  await db.flush();
  expect(db.stats().blocks).toBeGreaterThan(1);
  const set = db.select([], ALL);
  const out = createSampleBuffer();
  const lengths: number[] = [];
  for (let i = 0; i < set.length; i++) {
    if (i === 1) {
      await db.delete([], { minMs: 50, maxMs: 60 }); // no sample, but a reason to write
      await db.cleanTombstones();
    }
    set.read(i, out);
    lengths.push(out.length);
  }
  expect(set.warnings).toEqual([]);
  expect(new Set(lengths).size).toBe(1);
  await db.close();
});

it('keeps the sample that was there first when one of the same time comes out of order, through cuts and merges', async () => {
  using folder = tempDir('first');
  const db = open(folder.path, { outOfOrderWindowMs: 300_000 });
  append(db, 150_000, 'm', ['a']);
  append(db, 310_000, 'm', ['b']);
  await db.maintain();
  const batch = db.batch();
  const ref = db.getOrCreateSeries(Labels.from({ __name__: 'm', instance: 'a' }));
  batch.append(ref, 120_000, 1);
  batch.append(ref, 150_000, 2);
  expect(batch.commit().stored).toBe(2);
  const read = (): number[] => {
    const set = db.select([new Matcher('=', 'instance', 'a')], ALL);
    const out = createSampleBuffer();
    set.read(0, out);
    return [...out.values.subarray(0, out.length)];
  };
  expect(read()).toEqual([1, 150_000]);
  await db.maintain();
  expect(db.stats()).toMatchObject({ blocks: 1 });
  expect(read()).toEqual([1, 150_000]);
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
  const small = open(folder.path, { retentionMs: 0, retentionBytes: 3000 });
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

it('stays bounded while every series is replaced each 10 minutes for 24 hours', async () => {
  using folder = tempDir('churn');
  const hourMs = 3_600_000;
  const db = open(folder.path, {
    blockRangeMs: 2 * hourMs,
    retentionMs: 4 * hourMs,
    walSegmentBytes: 50_000,
  });
  const sizes: { hour: number; series: number; head: number; log: number; blocks: number }[] = [];
  for (let generation = 0; generation < 144; generation++) {
    const refs = Array.from({ length: 30 }, (_, i) =>
      db.getOrCreateSeries(Labels.from({ __name__: 'm', pod: `pod-${generation}-${i}` })),
    );
    const batch = db.batch();
    for (let tick = 0; tick < 40; tick++) {
      for (const ref of refs) batch.append(ref, (generation * 40 + tick) * 15_000, tick);
      batch.commit();
    }
    await db.maintain();
    const { headSeries, headBytes, walBytes, blockBytes } = db.stats();
    const hour = (generation + 1) / 6;
    sizes.push({ hour, series: headSeries, head: headBytes, log: walBytes, blocks: blockBytes });
  }
  const early = sizes.filter(({ hour }) => hour > 8 && hour <= 16);
  const late = sizes.filter(({ hour }) => hour > 16);
  for (const figure of ['series', 'head', 'log', 'blocks'] as const) {
    const most = (of: typeof sizes): number => Math.max(...of.map((size) => size[figure]));
    expect(most(late), figure).toBeLessThanOrEqual(1.05 * most(early));
  }
  // Three hours of series, never more: what is older was cut with all that belonged to it.
  expect(Math.max(...late.map(({ series }) => series))).toBeLessThanOrEqual(19 * 30);
  await db.close();
});
