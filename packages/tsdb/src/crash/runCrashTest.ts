import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Matcher, type Labels } from '@binnacle/model';
import { createSampleBuffer } from '../db/series.ts';
import type { Tsdb } from '../db/tsdb.ts';
import { labelsAt, openCrashStore, SERIES, startAt, timeOf, valueAt } from './workload.ts';

/** What a series of kills came to. */
export interface CrashReport {
  readonly kills: number;
  readonly steps: number;
  readonly tornTails: number;
  readonly blocks: number;
}

const CHECKED_STEPS = 1500;

/**
 * Kills a process that appends (SIGKILL, at a random moment, also during cuts, merges and checkpoints), opens the
 * store and compares: everything acknowledged is there with its bits, and the step that was not is there whole or not
 * at all. Again and again on one folder. Throws on the first difference.
 */
export async function runCrashTest(
  folder: string,
  kills: number,
  onKill: (text: string) => void,
): Promise<CrashReport> {
  let next = 0;
  let tornTails = 0;
  let blocks = 0;
  for (let kill = 0; kill < kills; kill++) {
    const acknowledged = await runUntilKilled(folder, next, 20 + Math.random() * 250);
    const events: string[] = [];
    const db = openCrashStore(folder, events);
    try {
      const last = highestStep(db, acknowledged);
      const from = kill === kills - 1 ? 0 : Math.max(0, last - CHECKED_STEPS);
      checkSteps(db, from, last);
      const damage = events.filter(
        (event) => event.startsWith('wal-damaged') || event.startsWith('block-damaged'),
      );
      if (damage.length > 0)
        throw new Error(`expected no damage but a torn tail, found: ${damage.join('; ')}`);
      tornTails += events.filter((event) => event.startsWith('wal-tail-cut')).length;
      ({ blocks } = db.stats());
      onKill(`kill ${kill + 1}: ${last + 1} steps, ${blocks} blocks`);
      next = last + 1;
    } finally {
      await db.close();
    }
  }
  return { kills, steps: next, tornTails, blocks };
}

/** Runs the child and gives the last step that it acknowledged. */
async function runUntilKilled(folder: string, first: number, delayMs: number): Promise<number> {
  const child = spawn(
    process.execPath,
    ['-C', '@binnacle/source', fileURLToPath(import.meta.resolve('./child.ts')), folder, String(first)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  let errors = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4096);
    timer ??= setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const signal = await new Promise<NodeJS.Signals | null>((resolve) => {
    child.once('close', (_, killedBy) => resolve(killedBy));
  });
  clearTimeout(timer);
  if (signal !== 'SIGKILL')
    throw new Error(`expected the child to run until it was killed, found:\n${errors}`);
  const lines = output.slice(0, output.lastIndexOf('\n')).split('\n');
  return Number(lines[lines.length - 1]);
}

/** The newest step in the store: the last acknowledged one, or the one after it, whole. */
function highestStep(db: Tsdb, acknowledged: number): number {
  const after = timeOf(acknowledged + 1);
  const set = db.select([new Matcher('=', '__name__', 'crash')], { minMs: after, maxMs: Infinity });
  const out = createSampleBuffer();
  let found = 0;
  for (let i = 0; i < set.length; i++) {
    set.read(i, out);
    found += out.length;
  }
  if (found !== 0 && found !== SERIES)
    throw new Error(
      `expected step ${acknowledged + 1} whole or not at all, found ${found} of ${SERIES} samples`,
    );
  return found === 0 ? acknowledged : acknowledged + 1;
}

function checkSteps(db: Tsdb, from: number, to: number): void {
  const wanted = new Map<string, { labels: Labels; steps: number[]; series: number }>();
  for (let step = from; step <= to; step++) {
    for (let series = 0; series < SERIES; series++) {
      const labels = labelsAt(step, series);
      const entry = wanted.get(labels.key) ?? { labels, steps: [], series };
      entry.steps.push(step);
      wanted.set(labels.key, entry);
    }
  }
  const set = db.select([new Matcher('=', '__name__', 'crash')], { minMs: timeOf(from), maxMs: timeOf(to) });
  if (set.warnings.length > 0) throw new Error(set.warnings.join('; '));
  const out = createSampleBuffer();
  let samples = 0;
  for (let i = 0; i < set.length; i++) {
    set.read(i, out);
    if (out.length === 0) continue;
    const entry = wanted.get(set.labels(i).key);
    if (entry === undefined || entry.steps.length !== out.length)
      throw new Error(
        `expected ${entry?.steps.length} samples of ${String(set.labels(i))}, found ${out.length}`,
      );
    entry.steps.forEach((step, s) => {
      const found = [out.timestamps[s], out.values[s], out.startTimestamps?.[s] ?? 0];
      const expected = [timeOf(step), valueAt(step, entry.series), startAt(step, entry.series)];
      if (found.some((value, at) => value !== expected[at]))
        throw new Error(
          `expected step ${step} of ${String(entry.labels)} (${expected.join(' ')}), found ${found.join(' ')}`,
        );
    });
    samples += out.length;
  }
  const total = (to - from + 1) * SERIES;
  if (samples !== total)
    throw new Error(`expected ${total} samples of steps ${from} to ${to}, found ${samples}`);
}
