import { join } from 'node:path';
import { tempDir } from '@binnacle/testing';
import { expect, test } from 'vitest';
import { Timeline } from '../timeline.ts';
import { BlockDatabase } from './blockDatabase.ts';
import { decodeBlock, encodeBlock } from './codec.ts';

test('reading a block costs as much as the block, not as the buffer that LMDB lends', async () => {
  using folder = tempDir('blocks');
  const database = new BlockDatabase(join(folder.path, 'data.mdb'));
  const timelines = Array.from({ length: 100 }, (_, t) => {
    const timeline = new Timeline();
    for (let i = 0; i < 10; i++) timeline.apply({ score: i, member: `member ${t} ${i}`, deleted: false }, 10);
    return { key: `k${t}`, timeline };
  });
  await database.write(timelines);
  const encoded = timelines.map(({ timeline }) => encodeBlock(timeline.blocks[0]!.entries));
  const decoding = cpuMicros(() => {
    for (let round = 0; round < 10; round++) for (const block of encoded) decodeBlock(block);
  });
  const reading = cpuMicros(() => {
    for (const { key, timeline } of timelines) expect(database.read(key)?.state()).toEqual(timeline.state());
  });
  await database.close();
  // Ten rounds of decoding against one of reading and comparing: about even. With the whole buffer it was 1000 to 1.
  expect(reading / decoding).toBeLessThan(60);
});

function cpuMicros(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return Math.max(1, user + system);
}
