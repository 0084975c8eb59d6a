import { Labels } from '@binnacle/model';
import { Tsdb } from '../db/tsdb.ts';

const START_MS = 1_700_000_000_000;
export const SERIES = 12;
/** Small block ranges, segments and pages, so that cuts, merges and checkpoints happen all the time. */
const BLOCK_RANGE_MS = 20_000;
const STEP_MS = 100;
const CHURN_STEPS = 400;

/** The store as the crash test uses it. */
export function openCrashStore(folder: string, events: string[]): Tsdb {
  return Tsdb.open({
    folder,
    blockRangeMs: BLOCK_RANGE_MS,
    retentionMs: 0,
    maxSeries: 1 << 14,
    walSegmentBytes: 20_000,
    maintenanceIntervalMs: 0,
    onEvent: ({ kind, message }) => events.push(`${kind}: ${message}`),
  });
}

export function timeOf(step: number): number {
  return START_MS + step * STEP_MS;
}

/** The labels of a series at a step: every so often all series are replaced. */
export function labelsAt(step: number, series: number): Labels {
  return Labels.from({
    __name__: 'crash',
    generation: String(Math.floor(step / CHURN_STEPS)),
    series: String(series),
  });
}

/** The value of a sample, different for every series and step. */
export function valueAt(step: number, series: number): number {
  return series % 3 === 0 ? Math.sin(step * 31 + series) : step * 16 + series;
}

/** When the counter of a sample started: every other series is one, and begins anew again and again. */
export function startAt(step: number, series: number): number {
  return series % 2 === 0 ? 0 : timeOf(step - (step % 37)) - series;
}

export function appendStep(db: Tsdb, step: number): void {
  const batch = db.batch();
  for (let series = 0; series < SERIES; series++) {
    const ref = db.getOrCreateSeries(labelsAt(step, series));
    batch.append(ref, timeOf(step), valueAt(step, series), startAt(step, series));
  }
  const { stored } = batch.commit();
  if (stored !== SERIES)
    throw new Error(`expected ${SERIES} samples of step ${step} to be stored, found ${stored}`);
}
