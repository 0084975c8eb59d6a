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
