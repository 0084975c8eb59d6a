import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbStore, MemoryStore } from '../src/index.ts';
import { benchRedis } from './redis.ts';
import { fanIn, fanInReads, requestShapes } from './workloads.ts';

/** `npm run bench [memory|lmdb|redis ...]`: all of them without arguments. */
const wanted = process.argv.slice(2);
const runs: Record<string, () => Promise<void>> = {
  memory: async () => {
    await requestShapes('memory', new MemoryStore(), 2000);
    await fanIn('memory', new MemoryStore(), 1_000_000, 200);
  },
  lmdb: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'timeline-bench-'));
    try {
      const shapes = await LmdbStore.open({ folder: join(folder, 'shapes') });
      await requestShapes('lmdb', shapes, 2000);
      await shapes.close();
      const warm = await LmdbStore.open({ folder: join(folder, 'fan-in') });
      await fanIn('lmdb', warm, 1_000_000, 200);
      await warm.close();
      const cold = await LmdbStore.open({ folder: join(folder, 'fan-in'), cacheBytes: 16 * 1024 ** 2 });
      await fanInReads('lmdb, cache of 16 MiB', cold, 200);
      await cold.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  redis: benchRedis,
};
for (const [name, run] of Object.entries(runs)) if (wanted.length === 0 || wanted.includes(name)) await run();
