import { Labels } from '@binnacle/model';
import type { TsdbOptions } from './options.ts';
import { createSampleBuffer } from './series.ts';
import { Tsdb } from './tsdb.ts';

// What the tests of the store share.

export const RANGE_MS = 100_000;
export const ALL = { minMs: -Infinity, maxMs: Infinity };

/** Opens a store that does nothing by itself. */
export function open(folder: string, options: Partial<TsdbOptions> = {}): Tsdb {
  return Tsdb.open({
    folder,
    blockRangeMs: RANGE_MS,
    maxSeries: 4096,
    retentionMs: 0,
    maintenanceIntervalMs: 0,
    ...options,
  });
}

/** Appends one sample, its time as its value, to each instance of a metric. Returns the references. */
export function append(db: Tsdb, time: number, name: string, instances: readonly string[]): number[] {
  const batch = db.batch();
  const refs = instances.map((instance) => db.getOrCreateSeries(Labels.from({ __name__: name, instance })));
  for (const ref of refs) batch.append(ref, time, time);
  batch.commit();
  return refs;
}

export function countSamples(db: Tsdb): number {
  const set = db.select([], ALL);
  const out = createSampleBuffer();
  let total = 0;
  for (let i = 0; i < set.length; i++) {
    set.read(i, out);
    total += out.length;
  }
  return total;
}
