import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '@binnacle/service-kit';
import { bytesOf, LmdbStore, type Operation } from '@binnacle/timeline';
import { EventLog } from '../src/log/eventLog.ts';
import { Cursors } from '../src/timelines/cursors.ts';
import { activityMember } from '../src/timelines/eventOperations.ts';
import { TimelineReader } from '../src/timelines/timelineReader.ts';
import { measure, percentile } from './measure.ts';

const OUTBOXES = 10_000;
const ENTRIES = 1_000_000;
const FOLLOWED = 2_000;

/** Feeds of 2,000 followed sources, newest 50, with 1,000,000 entries in 10,000 outboxes. */
export async function feedBenchmark(folder: string, report: (line: string) => void): Promise<void> {
  const store = await LmdbStore.open({ folder: join(folder, 'timelines') });
  const log = new EventLog({ folder: join(folder, 'log'), clock: systemClock });
  report(
    `write in batches of 1,000: ${await measure(ENTRIES, async () => {
      for (let at = 0; at < ENTRIES; at += 1000) {
        await store.write(Array.from({ length: 1000 }, (_, i) => operation(at + i)));
      }
    })}`,
  );
  const reader = new TimelineReader(store, log, new Cursors(randomBytes(32)));
  const milliseconds: number[] = [];
  for (let viewer = 0; viewer < 200; viewer++) {
    const keys = Array.from({ length: FOLLOWED }, (_, i) => `actor:user:${(viewer * 37 + i * 5) % OUTBOXES}`);
    const began = performance.now();
    const page = await reader.page({ keys, limit: 50, order: 'desc', viewer: `viewer:${viewer}` });
    milliseconds.push(performance.now() - began);
    if (page.items.length !== 50 || page.partial) throw new Error('expected a full page');
  }
  const [p50, p99] = [percentile(milliseconds, 0.5), percentile(milliseconds, 0.99)];
  report(`feed of 2,000 sources, newest 50: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`);
  await store.close();
  await log.close();
}

function operation(n: number): Operation {
  return {
    kind: 'insert',
    key: bytesOf(`actor:user:${(n * 7919) % OUTBOXES}`),
    score: 1_700_000_000_000 + n * 10,
    member: activityMember({ verb: 'repost', object: `track:${n}` }),
  };
}
