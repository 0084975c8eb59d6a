import { FakeClock } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { Scheduler, type Job } from './scheduler.ts';

const settle = async () => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

function setUp(limits = { concurrent: 100, concurrentPerGroup: 100 }) {
  const clock = new FakeClock();
  const scheduler = new Scheduler(clock, limits, 'seed');
  const started: { key: string; at: number }[] = [];
  const finish = new Map<string, () => void>();
  const job = (key: string, { group = 'g', intervalMs = 10_000, isSlow = false } = {}): Job => ({
    key,
    group,
    intervalMs,
    run: () => {
      started.push({ key, at: clock.now() });
      return isSlow ? new Promise((resolve) => finish.set(key, resolve)) : Promise.resolve();
    },
  });
  return { clock, scheduler, started, finish, job };
}

it('runs a job at once, then once an interval at its own place in it', async () => {
  const { clock, scheduler, started, job } = setUp();
  const begin = clock.now();
  for (let i = 0; i < 50; i++) scheduler.add(job(`job ${i}`));
  await settle();
  expect(started.map(({ at }) => at - begin)).toEqual(Array.from({ length: 50 }, () => 0));
  for (let i = 0; i < 60; i++) {
    clock.advance(1000);
    await settle();
  }
  for (let i = 0; i < 50; i++) {
    const [first, ...later] = started.filter(({ key }) => key === `job ${i}`).map(({ at }) => at - begin);
    expect(first).toBe(0);
    expect(later[0]).toBeGreaterThanOrEqual(5000);
    expect(later[0]).toBeLessThan(16_000);
    for (let n = 1; n < later.length; n++) expect(later[n]! - later[n - 1]!).toBe(10_000);
  }
  const places = new Set(started.map(({ at }) => at % 10_000));
  expect(places.size).toBeGreaterThan(5);
});

it('never runs a job twice at a time, however long it takes', async () => {
  const { clock, scheduler, started, finish, job } = setUp();
  scheduler.add(job('slow', { isSlow: true }));
  scheduler.add(job('slow', { isSlow: true }));
  for (let i = 0; i < 50; i++) {
    clock.advance(1000);
    await settle();
  }
  expect(started).toHaveLength(1);
  finish.get('slow')!();
  await settle();
  clock.advance(10_000);
  await settle();
  expect(started).toHaveLength(2);
});

it('lets groups take turns when more is due than may run (trap T15)', async () => {
  const { scheduler, started, finish, job } = setUp({ concurrent: 4, concurrentPerGroup: 3 });
  for (let i = 0; i < 20; i++) scheduler.add(job(`slow ${i}`, { group: 'slow', isSlow: true }));
  scheduler.add(job('quick', { group: 'quick' }));
  await settle();
  expect(started.map(({ key }) => key)).toEqual(['slow 0', 'slow 1', 'slow 2', 'quick']);
  expect(scheduler.running).toBe(3);
  finish.get('slow 1')!();
  await settle();
  expect(started.at(-1)!.key).toBe('slow 3');
  expect(scheduler.queued).toBe(16);
});

it('forgets a removed job, running, queued or waiting', async () => {
  const { clock, scheduler, started, finish, job } = setUp({ concurrent: 1, concurrentPerGroup: 1 });
  scheduler.add(job('running', { isSlow: true }));
  scheduler.add(job('queued'));
  scheduler.remove('queued');
  scheduler.remove('running');
  finish.get('running')!();
  await settle();
  clock.advance(60_000);
  await settle();
  expect(started.map(({ key }) => key)).toEqual(['running']);
  expect(clock.pending).toBe(0);
  scheduler.add(job('waiting'));
  await settle();
  expect(clock.pending).toBe(1);
  scheduler.stop();
  expect(clock.pending).toBe(0);
});

it('takes a new interval at once', async () => {
  const { clock, scheduler, started, job } = setUp();
  scheduler.add(job('a', { intervalMs: 3_600_000 }));
  await settle();
  scheduler.add(job('a', { intervalMs: 1000 }));
  clock.advance(2000);
  await settle();
  expect(started.length).toBe(2);
});
