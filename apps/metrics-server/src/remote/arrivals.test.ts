import { Labels } from '@binnacle/model';
import { tempDir } from '@binnacle/testing';
import { Tsdb, type CommittedBatch } from '@binnacle/tsdb';
import { expect, it } from 'vitest';
import { Arrivals } from './arrivals.ts';

it('keeps what was stored behind a place, and exemplars until their samples are through', async () => {
  using folder = tempDir('arrivals');
  const arrivals = new Arrivals(true);
  let passedMs = -Infinity;
  const onCommit = (commit: CommittedBatch): void => arrivals.note(commit, 40, passedMs, 200);
  const store = Tsdb.open({ folder: folder.path, outOfOrderWindowMs: 1000, onCommit });
  const labels = Labels.from({ __name__: 'a' });
  const ref = store.getOrCreateSeries(labels);
  const batch = store.batch();
  const append = (...times: number[]): void => {
    for (const timeMs of times) batch.append(ref, timeMs, timeMs / 10, timeMs === 60 ? 0 : timeMs - 5);
    batch.commit();
  };
  append(100);
  expect([...arrivals.takeSamples()]).toEqual([]);
  passedMs = 100;
  append(150, 90, 60, 20);
  batch.appendExemplar(labels, Labels.from({ id: '1' }), 1, 150);
  batch.commit();
  const late = [...arrivals.takeSamples()].map(([which, { length, timestamps, values, startTimestamps }]) => [
    which,
    length,
    timestamps,
    values,
    startTimestamps,
  ]);
  expect(late).toEqual([[ref, 2, Float64Array.of(60, 90), Float64Array.of(6, 9), Float64Array.of(0, 85)]]);
  expect([...arrivals.takeSamples()]).toEqual([]);
  expect(arrivals.takeExemplars(199)).toEqual([]);
  expect(arrivals.takeExemplars(200)).toMatchObject([{ value: 1, timestampMs: 150 }]);
  expect(arrivals.takeExemplars(200)).toEqual([]);
  expect(arrivals.dropped).toBe(0);
  await store.close();
});
