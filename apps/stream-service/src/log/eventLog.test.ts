import { newEvent, type CloudEvent } from '@binnacle/event-schemas';
import { systemClock } from '@binnacle/service-kit';
import { FakeClock, tempDir } from '@binnacle/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventLog } from './eventLog.ts';
import { countEvents, queryEvents, type EventQuery } from './queries.ts';
import { applyRetention } from './retention.ts';
import { checkedEvent } from './storedEvent.ts';

const START = Date.UTC(2026, 0, 1);

function event(n: number, over: Partial<CloudEvent> = {}): CloudEvent {
  const made = newEvent({
    id: `e${n}`,
    source: '/test',
    type: 'made',
    time: new Date(START + n * 1000),
    data: { n },
  });
  return { ...made, ...over };
}

const offsets = (events: readonly { offset: number }[]): number[] => events.map(({ offset }) => offset);

it('gives dense offsets, takes an event once, and keeps all of it when opened again', async () => {
  using folder = tempDir('log');
  let log = new EventLog({ folder: folder.path, clock: systemClock });
  const both = await Promise.all([
    log.append([event(1), event(2), event(1)].map((one) => checkedEvent(one))),
    log.append([event(2), event(3)].map((one) => checkedEvent(one))),
  ]);
  expect(both.flat()).toEqual([
    { offset: 0, duplicate: false },
    { offset: 1, duplicate: false },
    { offset: 0, duplicate: true },
    { offset: 1, duplicate: true },
    { offset: 2, duplicate: false },
  ]);
  await log.close();

  log = new EventLog({ folder: folder.path, clock: systemClock });
  expect(await log.append([event(3), event(4)].map((one) => checkedEvent(one)))).toEqual([
    { offset: 2, duplicate: true },
    { offset: 3, duplicate: false },
  ]);
  expect(log.get(1)?.event).toEqual(event(2));
  expect(log.streams.list(Date.now())).toMatchObject([{ name: 'made', count: 4, lastOffset: 3 }]);
  await log.close();
});

it('knows the rates of the last hour when opened again', async () => {
  using folder = tempDir('log');
  const clock = new FakeClock(START);
  let log = new EventLog({ folder: folder.path, clock });
  await log.append([event(1), event(2)].map((one) => checkedEvent(one)));
  clock.advance(120_000);
  await log.append([event(3)].map((one) => checkedEvent(one)));
  const before = log.streams.list(clock.now());
  expect(before[0]!.sparkline.slice(-3)).toEqual([2, 0, 1]);
  await log.close();
  log = new EventLog({ folder: folder.path, clock });
  expect(log.streams.list(clock.now())).toEqual(before);
  clock.advance(59 * 60_000);
  expect(log.streams.list(clock.now())[0]!.sparkline[0]).toBe(1);
  await log.close();
});

it('refuses what would make the queue too long, and says so', async () => {
  using folder = tempDir('log');
  const log = new EventLog({ folder: folder.path, clock: systemClock, maxQueuedBytes: 100 });
  const first = log.append([checkedEvent(event(1))]);
  await expect(log.append([checkedEvent(event(2))])).rejects.toMatchObject({ code: 'STREAM_OVERLOADED' });
  await first;
  await log.append([checkedEvent(event(2))]);
  await log.close();
});

it('pages every selection in both orders like a filtered array', async () => {
  using folder = tempDir('log');
  const log = new EventLog({ folder: folder.path, clock: systemClock });
  const all = Array.from({ length: 700 }, (_, n) =>
    event(n, {
      type: n % 3 === 0 ? 'even.three' : 'other',
      partitionkey: `k${n % 5}`,
      data: { n, service: n % 7 === 0 ? 'tracks' : 'search' },
    }),
  );
  for (let at = 0; at < 360; at += 90)
    await log.append(all.slice(at, at + 90).map((one) => checkedEvent(one)));
  // The half of the index that is stored and the half in memory answer as one.
  await log.index.store();
  for (let at = 360; at < all.length; at += 90)
    await log.append(all.slice(at, at + 90).map((one) => checkedEvent(one)));

  const selection = fc.record(
    {
      streams: fc.constantFrom<string[]>(['even.three'], ['other'], ['even.three', 'other'], ['none']),
      key: fc.constantFrom('k0', 'k4', 'k9'),
      service: fc.constantFrom('tracks', 'search'),
      fromMs: fc.integer({ min: START, max: START + 700_000 }),
      toMs: fc.integer({ min: START, max: START + 700_000 }),
      q: fc.constantFrom('n=35', 'E12', 'data.service!=search'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(
      selection,
      fc.constantFrom('asc' as const, 'desc' as const),
      fc.integer({ min: 1, max: 300 }),
      async (chosen, order, limit) => {
        const expected = all.flatMap((candidate, offset) => {
          const data = candidate.data as { n: number; service: string };
          const timeMs = START + data.n * 1000;
          const passes =
            (chosen.streams?.includes(candidate.type) ?? true) &&
            (chosen.key === undefined || candidate.partitionkey === chosen.key) &&
            (chosen.service === undefined || data.service === chosen.service) &&
            timeMs >= (chosen.fromMs ?? 0) &&
            timeMs < (chosen.toMs ?? Infinity) &&
            (chosen.q !== 'n=35' || data.n === 35) &&
            (chosen.q !== 'E12' || candidate.id.includes('e12')) &&
            (chosen.q !== 'data.service!=search' || data.service !== 'search');
          return passes ? [offset] : [];
        });
        const seen: number[] = [];
        let query: EventQuery = { ...chosen, order, limit };
        for (let pages = 0; pages < 800; pages++) {
          const page = await queryEvents(log, query);
          seen.push(...offsets(page.events));
          if (order === 'asc') {
            if (page.nextAfter === log.nextOffset - 1) break;
            query = { ...query, after: page.nextAfter! };
          } else {
            if (page.nextBefore === null) break;
            query = { ...query, before: page.nextBefore };
          }
        }
        expect(seen).toEqual(order === 'asc' ? expected : expected.reverse());
        const { fromMs = START, toMs = START + 800_000, ...rest } = chosen;
        if (fromMs < toMs) {
          const { counts } = await countEvents(log, { ...rest, fromMs, toMs }, 7);
          expect(counts.reduce((sum, n) => sum + n, 0)).toBe(expected.length);
        }
      },
    ),
    { numRuns: 60 },
  );
  await log.close();
});

it('removes the oldest by age and count, from the index and the streams too', async () => {
  using folder = tempDir('log');
  const clock = new FakeClock(START);
  const log = new EventLog({ folder: folder.path, clock });
  await log.append(
    Array.from({ length: 300 }, (_, n) => checkedEvent(event(n, { type: n < 200 ? 'old' : 'new' }))),
  );
  clock.advance(60_000);
  await log.append([checkedEvent(event(300, { type: 'new' }))]);
  const { signal } = new AbortController();

  expect(await applyRetention(log, clock.now(), { maxAgeMs: 3_600_000, maxEvents: 51 }, signal)).toBe(250);
  expect(log.firstOffset).toBe(250);
  expect(log.get(249)).toBeUndefined();
  expect(log.streams.list(clock.now())).toMatchObject([{ name: 'new', count: 51 }]);
  expect((await queryEvents(log, { order: 'asc', limit: 2 })).events[0]?.offset).toBe(250);

  expect(await applyRetention(log, clock.now(), { maxAgeMs: 30_000, maxEvents: 51 }, signal)).toBe(50);
  expect(offsets((await queryEvents(log, { order: 'desc', limit: 10 })).events)).toEqual([300]);
  await log.close();
});
