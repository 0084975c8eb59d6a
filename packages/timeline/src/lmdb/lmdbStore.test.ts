import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { tempDir, waitFor, type TempDir } from '@binnacle/testing';
import { afterEach, describe, expect, test } from 'vitest';
import type { Operation } from '../contract.ts';
import { contractSuite } from '../testing/contract.ts';
import { convergenceSuite } from '../testing/convergence.ts';
import { Model } from '../testing/model.ts';
import { LmdbStore } from './lmdbStore.ts';
import { insert } from '../testing/operations.ts';

const folders: TempDir[] = [];
const stores: LmdbStore[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) folder.remove();
});

function newFolder(): string {
  const folder = tempDir('timeline');
  folders.push(folder);
  return folder.path;
}

async function open(
  folder: string,
  options: { capacity?: number; cacheBytes?: number; checkpointBytes?: number } = {},
) {
  const store = await LmdbStore.open({ folder, ...options });
  stores.push(store);
  return store;
}

contractSuite((capacity) => open(newFolder(), { capacity }));

// Two thousand bytes of cache and a checkpoint after nearly every write: what is read has mostly been on disk.
convergenceSuite(async (capacity, count) => {
  for (const store of stores.splice(0)) await store.close();
  for (const folder of folders.splice(0)) folder.remove();
  const options = { capacity, cacheBytes: 2000, checkpointBytes: 200 };
  const replicas = await Promise.all(Array.from({ length: count }, () => open(newFolder(), options)));
  return {
    stores: replicas,
    lose: async (replica) => {
      replicas[replica] = await open(newFolder(), options);
    },
  };
}, 25);

describe('on disk', () => {
  test('everything is there after closing and opening, with its floors and its scan', async () => {
    const folder = newFolder();
    const store = await open(folder, { capacity: 300 });
    const operations = Array.from({ length: 4000 }, (_, i) =>
      insert((i * 7919) % 4000, `m${i}`, `key${i % 9}`),
    );
    await store.write(operations);
    const states = await Promise.all(Array.from({ length: 9 }, (_, k) => store.state(`key${k}`)));
    await store.close();
    const again = await open(folder, { capacity: 300 });
    expect(again.stats().replayedRecords).toBe(0);
    for (let k = 0; k < 9; k++) expect(await again.state(`key${k}`)).toEqual(states[k]);
    expect((await again.keys(undefined, 100)).keys.length).toBe(9);
  });

  test(
    'timelines larger than the cache equal the model while they go to disk and come back',
    { timeout: 60_000 },
    async () => {
      const store = await open(newFolder(), { capacity: 200, cacheBytes: 40_000, checkpointBytes: 20_000 });
      const model = new Model(200);
      for (let round = 0; round < 25; round++) {
        const batch = Array.from({ length: 50 }, (_, i): Operation => {
          const n = round * 50 + i;
          const kind = n % 5 === 0 ? 'delete' : 'insert';
          return {
            kind,
            key: `key${(round * 4 + (i % 4)) % 40}`,
            score: (n * 31) % 2000,
            member: `m${(n * 7) % 400}`,
          };
        });
        model.add(batch);
        await store.write(batch);
        // A checkpoint may be under way: what it has not finished writing must not be read from disk.
        for (let k = 0; k < 40; k += 3) {
          expect(await store.state(`key${k}`)).toEqual(model.state(`key${k}`));
        }
      }
      await waitFor(() => store.stats().cachedTimelines < 40, { what: 'the cache to be within its limit' });
      for (let k = 0; k < 40; k++) expect(await store.state(`key${k}`)).toEqual(model.state(`key${k}`));
    },
  );

  test('a frame cut off by a crash is left out and counted; what was before it is kept', async () => {
    const folder = newFolder();
    const store = await open(folder);
    await store.write([insert(1, 'a')]);
    await store.write([insert(2, 'b')]);
    const copy = newFolder();
    const journal = copyJournal(folder, copy);
    truncateSync(journal, statSync(journal).size - 3);
    const cut = await open(copy);
    expect((await cut.state('k')).live).toEqual([{ score: 1, member: 'a' }]);
    expect(cut.stats().droppedJournalBytes).toBeGreaterThan(0);
  });

  test('a frame whose bytes changed is left out', async () => {
    const folder = newFolder();
    const store = await open(folder);
    await store.write([insert(1, 'a')]);
    const copy = newFolder();
    appendFileSync(copyJournal(folder, copy), Buffer.from([2, 0, 0, 0, 9, 9, 9, 9, 0, 0]));
    const changed = await open(copy);
    expect((await changed.state('k')).live).toEqual([{ score: 1, member: 'a' }]);
    expect(changed.stats().droppedJournalBytes).toBe(10);
  });

  test('a folder that is open is refused', async () => {
    const folder = newFolder();
    await open(folder);
    await expect(LmdbStore.open({ folder })).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  });

  test(
    'no acknowledged write is lost when the process is killed, again and again',
    { timeout: 60_000 },
    async () => {
      const folder = newFolder();
      const model = new Model(300);
      let last = 0;
      for (let round = 0; round < 3; round++) {
        const acknowledged = await writeUntilKilled(folder, last + 1, 100 + round * 133);
        for (const n of acknowledged) {
          const key = `key${n % 50}`;
          model.add([insert(n, `member${n}`, key)]);
          model.add([{ kind: 'delete', key, score: n - 100.5, member: `member${n - 100}` }]);
        }
        last = Math.max(last, ...acknowledged) + 8;
        const store = await open(folder, { capacity: 300 });
        for (let k = 0; k < 50; k++) {
          // Writes that were not acknowledged may be there as well: joining the model's state must change nothing.
          const before = await store.state(`key${k}`);
          await store.merge(`key${k}`, model.state(`key${k}`));
          expect(await store.state(`key${k}`)).toEqual(before);
        }
        await store.close();
      }
    },
  );
});

/** Copies the one journal file of an open store, as a crash would leave it, and returns its path. */
function copyJournal(from: string, to: string): string {
  cpSync(join(from, 'journal'), join(to, 'journal'), { recursive: true });
  return join(to, 'journal', readdirSync(join(to, 'journal'))[0]!);
}

/** Runs the writer until it has acknowledged `count` writes, kills it, and returns what it had acknowledged. */
async function writeUntilKilled(folder: string, start: number, count: number): Promise<number[]> {
  const script = fileURLToPath(new URL('crash/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['-C', '@binnacle/source', script, folder, String(start)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged.push(Number(/^acknowledged (\d+)$/.exec(line)?.[1]));
    if (acknowledged.length === count) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return acknowledged;
}
