import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { describeWith, FakeClock, startPostgres, startProcess, tempDir, waitFor } from './index.ts';

it('fires timers in order of their due time, and never one that was cancelled', () => {
  const clock = new FakeClock(0);
  const fired: string[] = [];
  clock.setTimer(() => fired.push('late'), 20);
  clock.setTimer(() => fired.push('early'), 10);
  const cancel = clock.setTimer(() => fired.push('cancelled'), 15);
  cancel();
  clock.advance(30);
  expect(fired).toEqual(['early', 'late']);
  expect(clock.now()).toBe(30);
});

it('removes its temporary folder', () => {
  let path: string;
  {
    using folder = tempDir();
    path = folder.path;
    expect(existsSync(path)).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});

it('says what it waited for', async () => {
  await expect(waitFor(() => false, { timeoutMs: 1, what: 'the moon' })).rejects.toThrow(/the moon/);
});

it('shows the output of a program that did not start', async () => {
  const start = startProcess({
    command: 'sh',
    args: ['-c', 'echo broken >&2; exit 3'],
    readyOutput: /never/,
  });
  await expect(start).rejects.toThrow(/broken/);
});

describeWith('postgres', 'startPostgres', () => {
  it('gives a database that answers', async () => {
    await using server = await startPostgres();
    expect(server.url).toMatch(/^postgres:/);
  });
});
