import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { append, open } from './storeFixture.ts';

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
