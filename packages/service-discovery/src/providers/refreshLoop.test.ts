import { FakeClock, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { RefreshLoop } from './refreshLoop.ts';

/** A loop whose look-ups end when the test says so. */
function manualLoop(intervalMs = 60_000) {
  const clock = new FakeClock();
  const errors: string[] = [];
  const calls: { end: () => void; fail: (error: Error) => void; signal: AbortSignal }[] = [];
  const loop = new RefreshLoop({
    clock,
    intervalMs,
    fail: (error) => errors.push(error.message),
    refresh: (signal) =>
      new Promise((end, fail) => {
        calls.push({ end, fail, signal });
      }),
  });
  return { clock, errors, calls, loop };
}

it('looks up at once and then at every interval, never twice at the same time', async () => {
  const { clock, calls, loop } = manualLoop();
  void loop.start();
  clock.advance(600_000);
  loop.nudge();
  loop.nudge();
  expect(calls).toHaveLength(1);
  calls[0]!.end();
  await waitFor(() => calls.length === 2, { what: 'the nudge to be taken up once' });
  calls[1]!.end();
  await waitFor(() => clock.pending === 1);
  clock.advance(53_999);
  expect(calls).toHaveLength(2);
  clock.advance(6001);
  expect(calls).toHaveLength(3);
  calls[2]!.end();
  await loop.stop();
});

it('tries again sooner after a failure, up to the interval', async () => {
  const { clock, calls, errors, loop } = manualLoop(10_000);
  void loop.start();
  for (const [index, [atLeastMs, atMostMs]] of [
    [900, 1000],
    [1800, 2000],
    [3600, 4000],
    [7200, 8000],
    [9000, 10_000],
    [9000, 10_000],
  ].entries()) {
    calls[index]!.fail(new Error(`failure ${index}`));
    await waitFor(() => clock.pending === 1);
    clock.advance(atLeastMs! - 1);
    expect(calls).toHaveLength(index + 1);
    clock.advance(atMostMs! - atLeastMs! + 1);
    expect(calls).toHaveLength(index + 2);
  }
  expect(errors).toHaveLength(6);
  const stopped = loop.stop();
  calls.at(-1)!.end();
  await stopped;
});

it('stops in the middle of a look-up without reporting it', async () => {
  const { clock, calls, errors, loop } = manualLoop();
  void loop.start();
  const stopped = loop.stop();
  expect(calls[0]!.signal.aborted).toBe(true);
  calls[0]!.fail(new Error('aborted'));
  await stopped;
  expect(errors).toEqual([]);
  expect(clock.pending).toBe(0);
});
