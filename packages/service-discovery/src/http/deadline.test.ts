import { waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { Deadline } from './deadline.ts';

it('aborts at its time, with the error of AbortSignal.timeout', async () => {
  const { signal } = new Deadline(1, undefined);
  await waitFor(() => signal.aborted);
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

it('aborts with another signal, and has nothing to do with it once it is ended', () => {
  const outer = new AbortController();
  const running = new Deadline(60_000, outer.signal);
  const ended = new Deadline(60_000, outer.signal);
  ended.end();
  outer.abort(new Error('enough'));
  expect(running.signal.reason).toMatchObject({ message: 'enough' });
  expect(ended.signal.aborted).toBe(false);
  expect(new Deadline(60_000, outer.signal).signal.aborted).toBe(true);
});
