import { join } from 'node:path';
import { tempDir, waitFor } from '@binnacle/testing';
import { expect, test } from 'vitest';
import { Timeline } from '../timeline.ts';
import { BlockDatabase } from './blockDatabase.ts';
import { Checkpoint, type CheckpointTarget } from './checkpoint.ts';
import { Journal } from './journal.ts';
import { TimelineCache } from './timelineCache.ts';

test('a timeline stays in memory until LMDB can be read for it', async () => {
  using folder = tempDir('checkpoint');
  const database = new BlockDatabase(join(folder.path, 'data.mdb'));
  const journal = await Journal.open({ folder: join(folder.path, 'journal'), syncIntervalMs: 1000 });
  const gate = Promise.withResolvers<void>();
  const slow: CheckpointTarget = {
    write: async (timelines) => {
      await gate.promise;
      await database.write(timelines);
    },
    setJournalStart: (generation) => database.setJournalStart(generation),
  };
  const cache = new TimelineCache(3000);
  const checkpoint = new Checkpoint(slow, journal, cache, 1_000_000);
  const fillCache = (): void => {
    for (let i = 0; i < 30; i++) cache.add(`other${i}`, new Timeline(), true);
  };
  const timeline = new Timeline();
  timeline.apply({ score: 1, member: 'm', deleted: false }, 10);
  const cached = cache.add('k', timeline, false);
  checkpoint.add(cached);

  fillCache();
  expect(cache.get('k')).toBe(cached);
  const run = checkpoint.run();
  await waitFor(() => !cached.dirty, { what: 'the timeline to be handed over' });
  fillCache();
  fillCache();
  expect(cache.get('k')).toBe(cached);
  gate.resolve();
  await run;
  fillCache();
  fillCache();
  expect(cache.get('k')).toBeUndefined();
  expect(database.read('k')?.state()).toEqual({ live: [{ score: 1, member: 'm' }], tombstones: [] });
  await journal.close();
  await database.close();
});

test('when LMDB cannot be written, the checkpoint fails, and so do the writes that come after', async () => {
  using folder = tempDir('checkpoint');
  const journal = await Journal.open({ folder: folder.path, syncIntervalMs: 1000 });
  const broken: CheckpointTarget = {
    write: () => Promise.reject(new Error('disk full')),
    setJournalStart: () => Promise.resolve(),
  };
  const cache = new TimelineCache(3000);
  const checkpoint = new Checkpoint(broken, journal, cache, 1);
  checkpoint.add(cache.add('k', new Timeline(), false));
  journal.append('insert', 'k', { score: 1, member: 'm' });
  await journal.commit();
  checkpoint.runWhenDue();
  await waitFor(async () => {
    const error = await checkpoint.whenAccepting().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return (error as { code?: string } | undefined)?.code === 'STORE_FAILED';
  });
  await journal.close();
});
