import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Labels, Matcher } from '@binnacle/model';
import { Tsdb } from '../src/index.ts';
import { benchCodec } from './codec.ts';
import { buildProfile, START_MS, STEP_MS, type Profile } from './profiles.ts';

/** Figures by name; each measure runs in a process of its own. */
export type Figures = Record<string, number>;

const PER_SCRAPE = 1000;

export const MEASURES: Record<string, (folder: string) => Promise<Figures>> = {
  codec: () => {
    const { encodeM, decodeM, bytesPerSample } = benchCodec(120);
    return Promise.resolve({ decodeM, encodeM, codecBytesPerSample: bytesPerSample });
  },
  hist: (folder) => measureDisk(folder, 1000, 5760, 'hist'),
  s10k: (folder) => measureDisk(folder, 10_000, 480, 's10k'),
  starts: (folder) => measureDisk(folder, 10_000, 480, 'starts', startOf),
  resident: (folder) => measureResident(folder, 100_000, 480),
  million: (folder) => measureMillion(folder),
  replay: (folder) => measureReplay(folder),
  churn: (folder) => measureChurn(folder),
  backfill: (folder) => measureBackfill(folder),
};

/** Runs one measure in a fresh folder. */
export async function runMeasure(name: string): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-bench-'));
  try {
    return await MEASURES[name]!(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every series has a start of its own, a few milliseconds from its neighbours', and another one after an hour. */
function startOf(series: number, step: number): number {
  return START_MS + Math.floor(step / 240) * 240 * STEP_MS - 60_000 + ((series * 7) % 100);
}

async function measureDisk(
  folder: string,
  series: number,
  steps: number,
  name: string,
  startOf?: (series: number, step: number) => number,
): Promise<Figures> {
  const db = open(folder);
  const appendS = await load(db, buildProfile(series), steps, true, startOf);
  const before = process.cpuUsage();
  await db.flush();
  await db.maintain();
  const compactS = seconds(before);
  const samples = series * steps;
  const figures: Figures = {
    [`${name}BytesPerSample`]: blockBytes(folder) / samples,
    [`${name}AppendCpu`]: appendS / (samples / 1e6),
    [`${name}CompactCpu`]: compactS / (samples / 1e6),
  };
  await db.close();
  return figures;
}

async function measureResident(folder: string, series: number, steps: number): Promise<Figures> {
  const profile = buildProfile(series);
  globalThis.gc?.();
  const base = process.memoryUsage().rss;
  const db = open(folder);
  const appendS = await load(db, profile, steps, false);
  globalThis.gc?.();
  const { rss } = process.memoryUsage();
  await db.close();
  return {
    residentPerSeries: (rss - base) / series,
    residentWithBase: rss / series,
    s100kAppendCpu: appendS / ((series * steps) / 1e6),
  };
}

async function measureMillion(folder: string): Promise<Figures> {
  const series = 1_000_000;
  const db = open(folder);
  await load(db, buildProfile(series), 40, false);
  globalThis.gc?.();
  const millionRssGiB = process.memoryUsage().rss / 2 ** 30;
  const range = { minMs: START_MS, maxMs: START_MS + 40 * STEP_MS };
  const times: number[] = [];
  for (let i = 0; i < 200; i++) {
    const matchers = [
      new Matcher('=', '__name__', 'node_load1'),
      new Matcher('=', 'instance', `host-${(i * 37) % 10_000}:9100`),
    ];
    const started = performance.now();
    const set = db.select(matchers, range);
    times.push(performance.now() - started);
    if (set.length !== 1) throw new Error(`expected one series, found ${set.length}`);
  }
  times.sort((a, b) => a - b);
  await db.close();
  return { millionRssGiB, selectOneMs: times[100]! };
}

async function measureReplay(folder: string): Promise<Figures> {
  const db = open(folder);
  await load(db, buildProfile(100_000), 100, false);
  await db.close();
  const before = process.cpuUsage();
  const started = performance.now();
  const again = open(folder);
  const figures = {
    replayCpuS: seconds(before),
    replayWallS: (performance.now() - started) / 1000,
    replayedM: again.stats().samplesReplayed / 1e6,
    walBytesPerSample: again.stats().walBytes / 1e7,
  };
  await again.close();
  return figures;
}

/** An hour of 5,000 series, one series after the other: a batch of 100 series each, then a batch for every series. */
async function measureBackfill(folder: string): Promise<Figures> {
  const series = 5000;
  const steps = 240;
  const profile = buildProfile(series);
  const values = Array.from({ length: steps }, () => {
    profile.step();
    return profile.values.slice();
  });
  const figures: Figures = {};
  for (const [name, perBatch] of [
    ['backfillBatched', 100],
    ['backfillSingle', 1],
  ] as const) {
    const db = open(join(folder, name));
    const refs = profile.labels.map((labels) => db.getOrCreateSeries(labels));
    const batch = db.batch();
    const before = process.cpuUsage();
    for (let from = 0; from < series; from += perBatch) {
      for (let i = from; i < from + perBatch; i++) {
        for (let step = 0; step < steps; step++)
          batch.append(refs[i]!, START_MS + step * STEP_MS, values[step]![i]!);
      }
      batch.commit();
    }
    figures[`${name}AppendCpu`] = seconds(before) / ((series * steps) / 1e6);
    figures[`${name}HeadBytes`] = db.stats().headBytes / (series * steps);
    await db.flush();
    figures[`${name}BytesPerSample`] = blockBytes(join(folder, name)) / (series * steps);
    await db.close();
  }
  return figures;
}

/** Every one of 2,000 series is replaced every 10 minutes for 24 hours of data. */
async function measureChurn(folder: string): Promise<Figures> {
  const db = open(folder);
  const sizes: number[] = [];
  for (let generation = 0; generation < 144; generation++) {
    const refs = Array.from({ length: 2000 }, (_, i) =>
      db.getOrCreateSeries(
        Labels.from({ __name__: `metric_${i % 50}`, pod: `pod-${generation}-${i}`, job: 'churn' }),
      ),
    );
    for (let tick = 0; tick < 40; tick++) {
      const batch = db.batch();
      const time = START_MS + (generation * 40 + tick) * STEP_MS;
      for (const ref of refs) batch.append(ref, time, tick);
      batch.commit();
    }
    await db.maintain();
    globalThis.gc?.();
    if (generation === 71 || generation === 143) sizes.push(process.memoryUsage().rss);
  }
  const figures = { churnSeriesInHead: db.stats().headSeries, churnRssGrowth: sizes[1]! / sizes[0]! };
  await db.close();
  return figures;
}

/** Appends a profile and gives the CPU seconds of the store alone. */
async function load(
  db: Tsdb,
  profile: Profile,
  steps: number,
  maintain: boolean,
  startOf?: (series: number, step: number) => number,
): Promise<number> {
  const refs = profile.labels.map((labels) => db.getOrCreateSeries(labels));
  const series = refs.length;
  const batch = db.batch();
  let used = 0;
  for (let step = 0; step < steps; step++) {
    profile.step();
    const before = process.cpuUsage();
    for (let from = 0; from < series; from += PER_SCRAPE) {
      const time = START_MS + step * STEP_MS + ((from / PER_SCRAPE) % 1000);
      const end = Math.min(series, from + PER_SCRAPE);
      for (let i = from; i < end; i++) batch.append(refs[i]!, time, profile.values[i]!);
      if (startOf !== undefined) for (let i = from; i < end; i++) batch.setStart(i - from, startOf(i, step));
      batch.commit();
    }
    used += seconds(before);
    if (maintain && step % 100 === 0) await db.maintain();
  }
  return used;
}

function open(folder: string): Tsdb {
  return Tsdb.open({ folder, retentionMs: 0, maintenanceIntervalMs: 0 });
}

function seconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function blockBytes(folder: string): number {
  let total = 0;
  for (const name of readdirSync(folder)) {
    if (!existsSync(join(folder, name, 'meta.json'))) continue;
    for (const file of readdirSync(join(folder, name))) total += statSync(join(folder, name, file)).size;
  }
  return total;
}
