import { expect, test } from 'vitest';
import { settle, type SettleClock } from './settle.ts';

/** A clock that goes on by itself, and a server that uses a whole processor from one second to another. */
function machine(busyFrom: number, busyTo: number): SettleClock & { seconds: number } {
  const clock = {
    seconds: 0,
    now: () => clock.seconds * 1000,
    wait: async (ms: number) => void (clock.seconds += ms / 1000),
    cpuSeconds: () => Math.min(busyTo, Math.max(busyFrom, clock.seconds)),
  };
  return clock;
}

test('waits for a minute, and until nothing has happened for a while', async () => {
  const idle = machine(0, 0);
  expect(await settle([{ pid: 1 }], idle)).toBe(true);
  expect(idle.seconds).toBe(65);
  const late = machine(60, 90);
  expect(await settle([{ pid: 1 }], late)).toBe(true);
  expect(late.seconds).toBe(95);
});

test('does not wait for ever', async () => {
  const busy = machine(0, 1e6);
  expect(await settle([{ pid: 1 }], busy)).toBe(false);
  expect(busy.seconds).toBe(240);
});
