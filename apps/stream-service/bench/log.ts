import { EventRegistry, newEvent } from '@binnacle/event-schemas';
import { systemClock } from '@binnacle/service-kit';
import { LmdbStore } from '@binnacle/timeline';
import { ingest } from '../src/ingest/ingest.ts';
import { ingestAnswer } from '../src/ingest/ingestAnswer.ts';
import { EventLog } from '../src/log/eventLog.ts';
import { queryEvents } from '../src/log/queries.ts';
import { Indexer } from '../src/timelines/indexer.ts';
import { measure } from './measure.ts';

/** Appends checked events in batches and alone, reads them back, and appends with an indexer and with answers. */
export async function logBenchmark(folder: string, report: (line: string) => void): Promise<void> {
  const log = new EventLog({ folder, clock: systemClock });
  const registry = new EventRegistry();
  const event = (n: number): object =>
    newEvent({
      id: `e${n}`,
      source: '/bench',
      type: 'activity',
      partitionkey: `user:${n % 5000}`,
      data: { actor: `user:${n % 5000}`, verb: 'repost', object: `track:${n % 997}` },
    });
  const batches = (from: number, count: number, size: number): object[][] =>
    Array.from({ length: count / size }, (_, b) =>
      Array.from({ length: size }, (__, i) => event(from + b * size + i)),
    );

  const large = batches(0, 200_000, 1000);
  report(
    `append in batches of 1,000: ${await measure(200_000, async () => {
      for (const batch of large) await ingest(log, registry, batch);
    })}`,
  );
  const single = batches(200_000, 20_000, 1);
  report(
    `append alone, 64 at a time: ${await measure(20_000, async () => {
      for (let at = 0; at < single.length; at += 64) {
        await Promise.all(single.slice(at, at + 64).map((batch) => ingest(log, registry, batch)));
      }
    })}`,
  );
  report(
    `read pages of 500: ${await measure(100_000, async () => {
      for (let after = -1; after < 99_999; after += 500) {
        await queryEvents(log, { order: 'asc', limit: 500, ...(after < 0 ? {} : { after }) });
      }
    })}`,
  );
  const store = await LmdbStore.open({ folder: `${folder}-timelines`, capacity: 10_000 });
  const indexer = new Indexer({
    log,
    registry,
    store,
    clock: systemClock,
    onFailure: (error) => report(String(error)),
  });
  indexer.start();
  await indexer.reach(log.nextOffset - 1, 60_000);
  for (const [round, told] of [true, false, true, false].entries()) {
    const some = batches(300_000 + round * 100_000, 100_000, 1000);
    report(
      `append and index in batches of 1,000${told ? ', outcomes told' : ''}: ${await measure(
        100_000,
        async () => {
          for (const batch of some) {
            const ingested = await ingest(log, registry, batch);
            await indexer.reach(ingested.taken.at(-1)!.offset, 10_000);
            if (told)
              JSON.stringify(ingestAnswer(registry, ingested, (offset) => indexer.outcomesOf(offset)));
          }
        },
      )}`,
    );
  }
  await indexer.stop();
  await store.close();
  await log.close();
}
