import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { newEvent } from '@binnacle/event-schemas';
import { systemClock } from '@binnacle/service-kit';
import { tempDir } from '@binnacle/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventLog } from './eventLog.ts';
import { queryEvents } from './queries.ts';
import { checkedEvent } from './storedEvent.ts';

const KEYS = 3;

function event(n: number) {
  return newEvent({ id: `e${n}`, source: '/test', type: 'made', partitionkey: `k${n % KEYS}`, data: { n } });
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 150 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('store' as const, 'await' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('crash' as const, 'remove' as const) }) },
);

it('finds everything while entries move from memory to the disk, and after a crash at any time', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      using folder = tempDir('log');
      let generation = 0;
      let log = new EventLog({ folder: join(folder.path, '0'), clock: systemClock });
      const crashed: EventLog[] = [];
      let storing = Promise.resolve();
      let first = 0;
      let next = 0;
      const expectAll = async (): Promise<void> => {
        for (let key = 0; key < KEYS; key++) {
          const offsets = Array.from({ length: next }, (_, n) => n).filter(
            (n) => n >= first && n % KEYS === key,
          );
          for (const order of ['asc', 'desc'] as const) {
            const page = await queryEvents(log, { key: `k${key}`, order, limit: 10_000 });
            const found = page.events.map(({ offset, event: { data } }) => [offset, data]);
            const expected = offsets.map((n) => [n, { n }]);
            expect(found).toEqual(order === 'asc' ? expected : expected.reverse());
          }
        }
        for (const n of [0, first - 1, first, next - 1, next]) {
          expect(log.offsetOf({ source: '/test', id: `e${n}` })).toBe(n >= first && n < next ? n : undefined);
        }
      };
      for (const one of steps) {
        if (one.do === 'append') {
          await log.append(Array.from({ length: one.count }, (_, i) => checkedEvent(event(next + i))));
          next += one.count;
        } else if (one.do === 'store') {
          storing = log.index.store();
        } else if (one.do === 'await') {
          await storing;
        } else if (one.do === 'remove') {
          await log.removeBelow(first + 40, 40);
          first = Math.min(next, first + 40);
        } else {
          // What the process had in memory is gone; what LMDB had committed is there.
          const copy = join(folder.path, String(++generation));
          cpSync(join(folder.path, String(generation - 1)), copy, { recursive: true });
          crashed.push(log);
          log = new EventLog({ folder: copy, clock: systemClock });
        }
        await expectAll();
      }
      await storing;
      for (const one of [log, ...crashed]) await one.close();
    }),
    { numRuns: 40 },
  );
}, 60_000);
