import { newEvent, type CloudEvent } from '@binnacle/event-schemas';
import { waitFor } from '@binnacle/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EventBus } from '../contract.ts';
import { PermanentError } from '../errors.ts';

/** A bus under test. Every call of `open` is another client of the same events. */
export interface BusUnderTest extends AsyncDisposable {
  open(): EventBus;
}

/** The contract of EventBus: what holds whatever carries the events. */
export function busContract(start: () => Promise<BusUnderTest>): void {
  let tested: BusUnderTest;
  let run = 0;
  beforeAll(async () => {
    tested = await start();
  }, 120_000);
  afterAll(async () => tested[Symbol.asyncDispose](), 60_000);

  const group = (): string => `group-${run}`;
  /** Events of this test alone: other tests use other types. */
  const event = (n: number, key = 'k'): CloudEvent =>
    newEvent({ id: `${run}-${n}`, source: '/contract', type: `made.${run}`, partitionkey: key, data: { n } });
  const numberOf = ({ data }: CloudEvent): number => (data as { n: number }).n;
  const test = (name: string, body: (bus: EventBus) => Promise<void>): void =>
    it(
      name,
      async () => {
        run++;
        const bus = tested.open();
        try {
          await body(bus);
        } finally {
          await bus.close();
        }
      },
      60_000,
    );

  test('keeps the order of a key, whatever the batches', async (bus) => {
    const events = Array.from({ length: 300 }, (_, n) => event(n, `k${n % 3}`));
    const seen: CloudEvent[] = [];
    const types = [`made.${run}`];
    await bus.consume({
      group: group(),
      types,
      batchSize: 7,
      handle: async (some) => {
        expect(some.length).toBeLessThanOrEqual(7);
        seen.push(...some);
      },
    });
    for (let at = 0; at < 300; at += 50) await bus.publish(events.slice(at, at + 50));
    await waitFor(() => seen.length === 300, { timeoutMs: 30_000 });
    for (const key of ['k0', 'k1', 'k2']) {
      const numbers = seen.filter(({ partitionkey }) => partitionkey === key).map(numberOf);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
    expect(seen.find(({ id }) => id === `${run}-8`)).toEqual(events[8]);
  });

  test('hands an event that was published twice over once', async (bus) => {
    const seen: number[] = [];
    await bus.publish([event(1), event(1), event(2)]);
    await bus.publish([event(1), event(3)]);
    await bus.consume({
      group: group(),
      types: [`made.${run}`],
      handle: async (some) => void seen.push(...some.map(numberOf)),
    });
    await waitFor(() => seen.includes(3), { timeoutMs: 30_000 });
    expect(seen).toEqual([1, 2, 3]);
  });

  test('goes on where a group came to, and gives every group everything', async (bus) => {
    const types = [`made.${run}`];
    const first: number[] = [];
    await bus.publish([event(1), event(2)]);
    const subscription = await bus.consume({
      group: group(),
      types,
      handle: async (some) => void first.push(...some.map(numberOf)),
    });
    await waitFor(() => first.length === 2, { timeoutMs: 30_000 });
    await subscription.stop();
    await bus.publish([event(3)]);
    const second: number[] = [];
    await bus.consume({
      group: group(),
      types,
      handle: async (some) => void second.push(...some.map(numberOf)),
    });
    const other: number[] = [];
    await bus.consume({
      group: `${group()}-other`,
      types,
      handle: async (some) => void other.push(...some.map(numberOf)),
    });
    await waitFor(() => second.includes(3) && other.includes(3), { timeoutMs: 30_000 });
    expect(second.filter((n) => n !== 3)).toEqual([]);
    expect(other).toEqual([1, 2, 3]);
  });

  test('shares the keys of a group among its consumers, in order, while they come and go', async (bus) => {
    const KEYS = 40;
    const seen: { by: number; key: string; n: number }[] = [];
    const consume = (by: number) =>
      bus.consume({
        group: group(),
        types: [`made.${run}`],
        batchSize: 20,
        handle: async (some) => {
          seen.push(...some.map((one) => ({ by, key: one.partitionkey!, n: numberOf(one) })));
          await new Promise(setImmediate);
        },
      });
    let published = 0;
    const publish = (count: number): Promise<void> => {
      const from = published;
      published += count;
      return bus.publish(Array.from({ length: count }, (_, i) => event(from + i, `k${(from + i) % KEYS}`)));
    };
    const handled = (): number => new Set(seen.map(({ n }) => n)).size;
    const allHandled = () => waitFor(() => handled() === published, { timeoutMs: 30_000 });
    const eachHasSome = (members: number[]) =>
      waitFor(
        async () => {
          const from = seen.length;
          await publish(KEYS);
          await allHandled();
          return members.every((by) => seen.slice(from).some((one) => one.by === by));
        },
        { timeoutMs: 40_000, intervalMs: 100 },
      );
    const first = await consume(0);
    await publish(200);
    const second = await consume(1);
    await eachHasSome([0, 1]);

    const from = seen.length;
    await publish(200);
    await allHandled();
    const byKey = Map.groupBy(seen.slice(from), ({ key }) => key);
    expect(byKey.size).toBe(KEYS);
    for (const some of byKey.values()) expect(new Set(some.map(({ by }) => by)).size).toBe(1);

    await first.stop();
    await publish(100);
    await allHandled();
    expect(new Set(seen.slice(-50).map(({ by }) => by))).toEqual(new Set([1]));
    const third = await consume(2);
    await eachHasSome([1, 2]);
    await Promise.all([second.stop(), third.stop()]);

    const known = new Set<number>();
    const fresh = seen.filter(({ n }) => !known.has(n) && known.add(n));
    for (const some of Map.groupBy(fresh, ({ key }) => key).values()) {
      const numbers = some.map(({ n }) => n);
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    }
  });

  test('tries again what failed for a while, and buries nothing', async (bus) => {
    const seen: number[] = [];
    const errors: unknown[] = [];
    let failures = 3;
    await bus.consume({
      group: group(),
      types: [`made.${run}`],
      onError: (error) => void errors.push(error),
      handle: async (some) => {
        if (failures-- > 0) throw new Error('the disk is full for a while');
        seen.push(...some.map(numberOf));
      },
    });
    await bus.publish([event(1), event(2)]);
    await waitFor(() => seen.length === 2, { timeoutMs: 30_000 });
    expect(seen).toEqual([1, 2]);
    expect(errors).toHaveLength(3);
    expect((await bus.deadLetters(group()).preview(10)).letters).toEqual([]);
  });

  test('buries what can never be handled, and delivers it again after a preview', async (bus) => {
    const seen: number[] = [];
    let broken = true;
    await bus.consume({
      group: group(),
      types: [`made.${run}`],
      handle: async (some) => {
        if (broken && some.some((event) => numberOf(event) === 2))
          throw new PermanentError('NO_TWOS', 'not a two');
        seen.push(...some.map(numberOf));
      },
    });
    await bus.publish([event(1), event(2), event(3)]);
    await waitFor(() => seen.includes(3), { timeoutMs: 30_000 });
    expect(seen).toEqual([1, 3]);
    const letters = bus.deadLetters(group());
    const preview = await waitFor(
      async () => {
        const found = await letters.preview(10);
        return found.letters.length > 0 ? found : undefined;
      },
      { timeoutMs: 30_000 },
    );
    expect(preview.letters).toMatchObject([
      { code: 'NO_TWOS', message: 'not a two', attempts: 1, event: event2() },
    ]);
    expect((await letters.preview(10)).letters).toHaveLength(1);

    broken = false;
    expect(await letters.redrive(preview.token)).toBe(1);
    await waitFor(() => seen.includes(2), { timeoutMs: 30_000 });
    expect(seen).toEqual([1, 3, 2]);
    expect((await letters.preview(10)).letters).toEqual([]);

    function event2(): object {
      return { id: `${run}-2`, data: { n: 2 } };
    }
  });
}
