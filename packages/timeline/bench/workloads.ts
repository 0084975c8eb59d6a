import type { Operation, TimelineStore } from '../src/index.ts';
import { inParallel, measure, quantile, randomOf, report, type ServerCpu } from './measure.ts';

const KEYS = 1000;
const CONCURRENCY = 16;
const OUTBOXES = 10_000;

/** The request shapes of docs/timeline.md on one store: insert 1, insert 100, select 1, select 100 coalesced. */
export async function requestShapes(
  name: string,
  store: TimelineStore,
  scale: number,
  serverCpu?: ServerCpu,
): Promise<void> {
  const random = randomOf(1);
  let clock = 1_700_000_000;
  const operations = (count: number): Operation[] =>
    Array.from({ length: count }, () => ({
      kind: 'insert',
      key: `user:${random(KEYS)}`,
      score: clock++,
      member: `event:${clock.toString(36)}:${random(1e9).toString(36)}`,
    }));
  const write = async (what: string, calls: number, size: number): Promise<void> => {
    const batches = Array.from({ length: calls }, () => operations(size));
    const cost = await measure(
      () => inParallel(calls, CONCURRENCY, (i) => store.write(batches[i]!)),
      serverCpu,
    );
    report(`${name}: ${what}`, calls * size, 'tuples', cost);
  };
  await write('warm-up, insert 100', scale, 100);
  await write('insert 1', scale * 10, 1);
  await write('insert 100', scale * 2, 100);
  const select = async (what: string, calls: number, call: () => Promise<unknown>): Promise<void> => {
    report(
      `${name}: ${what}`,
      calls,
      'selects',
      await measure(() => inParallel(calls, CONCURRENCY, call), serverCpu),
    );
  };
  await select('select 1 key, newest 10', scale * 5, () =>
    store.read([`user:${random(KEYS)}`], { limit: 10 }),
  );
  await select('select 100 keys merged, newest 20', scale, () =>
    store.readMerged(
      Array.from({ length: 100 }, () => `user:${random(KEYS)}`),
      { limit: 20 },
    ),
  );
}

/** Newest 50 of 2,000 followed keys, out of so many entries in 10,000 keys. */
export async function fanIn(
  name: string,
  store: TimelineStore,
  entries: number,
  reads: number,
  serverCpu?: ServerCpu,
): Promise<void> {
  const random = randomOf(2);
  const cost = await measure(async () => {
    for (let n = 0; n < entries; n += 1000) {
      await store.write(
        Array.from({ length: 1000 }, (_, i): Operation => {
          const serial = n + i;
          return {
            kind: 'insert',
            key: `outbox:${random(OUTBOXES)}`,
            score: 1_700_000_000 + serial,
            member: `event:${serial}`,
          };
        }),
      );
    }
  }, serverCpu);
  report(`${name}: load of ${entries}, batches of 1000`, entries, 'tuples', cost);
  await fanInReads(name, store, reads, serverCpu);
}

/** The reads of `fanIn`, from a store that it has filled. */
export async function fanInReads(
  name: string,
  store: TimelineStore,
  reads: number,
  serverCpu?: ServerCpu,
): Promise<void> {
  const random = randomOf(3);
  const times: number[] = [];
  const total = await measure(async () => {
    for (let i = 0; i < reads; i++) {
      const followed = Array.from({ length: 2000 }, () => `outbox:${random(OUTBOXES)}`);
      const start = performance.now();
      await store.readMerged(followed, { limit: 50 });
      times.push(performance.now() - start);
    }
  }, serverCpu);
  const p = (part: number): string => quantile(times, part).toFixed(2);
  report(
    `${name}: fan-in of 2,000, newest 50`,
    reads,
    'selects',
    total,
    `p50 ${p(0.5)} ms, p99 ${p(0.99)} ms`,
  );
}
