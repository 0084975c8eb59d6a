import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Labels } from '@binnacle/model';
import { startService } from '@binnacle/service-kit';
import { freePort, tempDir, waitFor } from '@binnacle/testing';
import { Tsdb } from '@binnacle/tsdb';
import { expect, it } from 'vitest';
import { silentLog } from './testing/server.ts';
import { metricsServer } from './service.ts';
import { openStorage } from './storage.ts';

const SERIES = 20_000;
const ROUNDS = 40;

/** A log of several segments. */
async function fill(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const store = Tsdb.open({ folder, walSegmentBytes: 1 << 20 });
  const refs = Array.from({ length: SERIES }, (_, i) =>
    store.getOrCreateSeries(Labels.from({ __name__: 'a', i: String(i) })),
  );
  const startMs = Date.now() - ROUNDS * 1000;
  for (let round = 0; round < ROUNDS; round++) {
    const batch = store.batch();
    for (const ref of refs) batch.append(ref, startMs + round * 1000, Math.random());
    batch.commit();
  }
  await store.close();
}

it('answers while it reads its log: alive, not ready, how far it is', { timeout: 60_000 }, async () => {
  using folder = tempDir('startup');
  await fill(join(folder.path, 'data'));
  writeFileSync(join(folder.path, 'prometheus.yml'), '');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const starting = startService(metricsServer, {
    argv: [
      `--config.file=${join(folder.path, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      '--storage.tsdb.max-series=100000',
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    log: silentLog(),
  });
  await waitFor(async () => (await fetch(`${url}/-/healthy`)).ok, { intervalMs: 5 });
  const ready = await fetch(`${url}/-/ready`);
  expect(ready.status).toBe(503);
  expect(await ready.text()).toMatch(/not ready: it is starting: the log is read, segment \d+ of \d+/);
  expect((await fetch(`${url}/api/v1/query?query=a`)).status).toBe(503);
  const status = await (await fetch(`${url}/api/v1/status/walreplay`)).json();
  expect(status).toMatchObject({ status: 'success', data: { state: 'in progress', min: 0 } });
  const running = await starting;
  expect((await fetch(`${url}/-/ready`)).status).toBe(200);
  const answer = await (await fetch(`${url}/api/v1/query?query=count(a)`)).json();
  expect(answer).toMatchObject({ data: { result: [{ value: [expect.any(Number), String(SERIES)] }] } });
  expect(await (await fetch(`${url}/api/v1/status/walreplay`)).json()).toMatchObject({
    data: { state: 'done' },
  });
  await running.stop();
});

it('stops when it is told to while it reads its log', { timeout: 60_000 }, async () => {
  using folder = tempDir('startup');
  await fill(join(folder.path, 'data'));
  const options = {
    maxSeries: 100_000,
    retentionMs: 0,
    retentionBytes: 0,
    outOfOrderWindowMs: 0,
    maxExemplars: 0,
    onCommit: () => undefined,
  };
  const { replay, storage } = openStorage({ folder: join(folder.path, 'data'), ...options }, silentLog());
  await expect(replay(AbortSignal.timeout(1))).rejects.toThrow(/timeout/);
  await storage.close();
});
