import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LmdbStore, MemoryStore } from '../src/index.ts';
import { fanIn, requestShapes } from './workloads.ts';

/** `npm run bench [memory|lmdb ...]`: all of them without arguments. */
const wanted = process.argv.slice(2);
const runs: Record<string, () => Promise<void>> = {
  memory: async () => {
    await requestShapes('memory', new MemoryStore(), 2000);
    await fanIn('memory', new MemoryStore(), 200);
  },
  lmdb: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'timeline-bench-'));
    try {
      const shapes = await LmdbStore.open({ folder: join(folder, 'shapes') });
      await requestShapes('lmdb', shapes, 2000);
      await shapes.close();
      const warm = await LmdbStore.open({ folder: join(folder, 'fan-in') });
      await fanIn('lmdb', warm, 200);
      await warm.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
for (const [name, run] of Object.entries(runs)) if (wanted.length === 0 || wanted.includes(name)) await run();
