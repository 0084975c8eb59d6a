import { LmdbStore } from '../lmdbStore.ts';

/**
 * The victim of the crash test: writes without end, with small checkpoints so that the kill falls into one now and
 * then, and prints the number of each write that was acknowledged.
 */
const store = await LmdbStore.open({
  folder: process.argv[2]!,
  capacity: 300,
  checkpointBytes: 20_000,
  cacheBytes: 100_000,
});
const start = Number(process.argv[3]);
await Promise.all(Array.from({ length: 8 }, (_, writer) => writeForever(writer)));

async function writeForever(writer: number): Promise<never> {
  for (let n = start + writer; ; n += 8) {
    const key = `key${n % 50}`;
    await store.write([
      { kind: 'insert', key, score: n, member: `member${n}` },
      { kind: 'delete', key, score: n - 100.5, member: `member${n - 100}` },
    ]);
    console.log(`acknowledged ${n}`);
  }
}
