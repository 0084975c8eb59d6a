import { Labels, Matcher } from '@binnacle/model';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ModelStore, type LateOp, type ScrapeOp } from '../crash/modelStore.ts';
import { createStoredBuffer, type SourceSelection, type StoredBuffer } from '../db/series.ts';
import { Head } from './head.ts';
import { SampleBatch } from './sampleBatch.ts';

const RANGE_MS = 10_000;

type Op =
  | ScrapeOp
  | LateOp
  | { readonly kind: 'again'; readonly series: number; readonly change: boolean }
  | { readonly kind: 'stale'; readonly series: number };

/** A start timestamp, mostly the one before; 0 for none. */
const start = fc.oneof(
  { weight: 3, arbitrary: fc.constant(40_000) },
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -5, max: 70_000 }) },
);
const scrape = fc.record({
  kind: fc.constant('scrape' as const),
  targets: fc.subarray([0, 1, 2, 3], { minLength: 1 }),
  advanceMs: fc.integer({ min: 1, max: 300 }),
  start,
});
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 12, arbitrary: scrape },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('late' as const),
      series: fc.nat(11),
      backMs: fc.integer({ min: -50, max: 12_000 }),
      value: fc.double(),
      start,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('again' as const), series: fc.nat(11), change: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stale' as const), series: fc.nat(11) }) },
);

it.each([0, 6000])('keeps what the model keeps, with an out-of-order window of %i ms', (windowMs) => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 400, size: 'max' }), fc.nat(), (ops, seed) => {
      const test = new HeadUnderTest(windowMs);
      let now = 50_000 + (seed % 10_000);
      for (const step of ops) {
        if (step.kind === 'scrape') {
          now += step.advanceMs;
          test.append(
            step.targets.flatMap((target) =>
              [0, 1, 2].map((i) => ({
                series: 3 * target + i,
                time: now + target,
                value: (now * (i + 1)) % 977,
                start: i === 0 ? 0 : step.start,
              })),
            ),
          );
        } else if (step.kind === 'late')
          test.append([
            { series: step.series, time: now - step.backMs, value: step.value, start: step.start },
          ]);
        else if (step.kind === 'again') test.appendAgain(step.series, step.change);
        else test.append([{ series: step.series, time: now + 5, value: 'stale' }]);
      }
      test.check(-Infinity, Infinity);
      test.check(now - 3000, now - 1000);
    }),
    { numRuns: 150, interruptAfterTimeLimit: 10_000, endOnFailure: true },
  );
});

it('gives a series its tail back when its first sample in a while opens the next page', () => {
  const test = new HeadUnderTest(0);
  test.append([0, 1].map((series) => ({ series, time: 50_000, value: 1 })));
  for (let i = 1; i < 40; i++) test.append([{ series: 0, time: 50_000 + i, value: i }]);
  test.append([{ series: 1, time: 60_001, value: 7 }]);
  test.check(-Infinity, Infinity);
});

it('keeps the samples of a series in the group that it fell silent in and left, when older ones are cut', () => {
  const test = new HeadUnderTest(0);
  for (let i = 0; i < 40; i++) test.append([0, 1].map((series) => ({ series, time: 50_000 + i, value: i })));
  // Silent for a whole page, then between the times of the others: the series goes to another group.
  for (let i = 40; i < 150; i++) test.append([{ series: 0, time: 50_000 + i, value: i }]);
  test.append([{ series: 1, time: 50_145, value: 7 }]);
  test.head.truncate(40_000);
  test.check(-Infinity, Infinity);
});

it('reads a series that has changed its group many times', () => {
  const head = newHead(0);
  const wanderer = head.create(Labels.from({ __name__: 'wanderer' }));
  const times: number[] = [];
  for (let i = 0; i < 40; i++) {
    // A new series joins the wanderer's group and goes on in it, at times that the wanderer then does not have.
    const other = head.create(Labels.from({ __name__: 'other', i: String(i) }));
    const batch = new SampleBatch();
    for (const [ref, time] of [
      [wanderer, 50_000 + 10 * i],
      [other, 50_000 + 10 * i],
      [other, 50_000 + 10 * i + 15],
    ] as const)
      batch.add(ref, time, i);
    expect(head.apply(batch, new Uint8Array(3))).toBe(3);
    times.push(50_000 + 10 * i);
  }
  const out = createStoredBuffer();
  head.select([new Matcher('=', '__name__', 'wanderer')], { minMs: 0, maxMs: 1e6 }).read(0, out);
  expect([...out.timestamps.subarray(0, out.length)]).toEqual(times);
});

it('lets the series of one scrape share one array of times', () => {
  const test = new HeadUnderTest(0);
  for (let time = 0; time < 100_000; time += 100) {
    if (time % 1000 === 0) test.append([0, 1, 2].map((series) => ({ series, time, value: series })));
  }
  const selection = test.head.selectAll({ minMs: 20_000, maxMs: 70_000 });
  const buffers = [0, 1, 2].map((i) => {
    const out = createStoredBuffer();
    selection.read(i, out);
    return out;
  });
  expect(buffers[0]!.length).toBe(51);
  expect(buffers[1]!.timestamps).toBe(buffers[0]!.timestamps);
  expect(buffers[2]!.timestamps).toBe(buffers[0]!.timestamps);
});

it.each([
  { name: 'a batch of every series', perBatch: 20, atMost: 1.02 },
  { name: 'a batch for each series', perBatch: 1, atMost: 1.15 },
])('takes about as much memory for series after series ($name) as for scrapes', ({ perBatch, atMost }) => {
  const series = 20;
  const heads = { scraped: newHead(0), backfilled: newHead(0) };
  const append = (head: Head, samples: readonly (readonly [series: number, tick: number])[]): void => {
    const batch = new SampleBatch();
    for (const [s, tick] of samples)
      batch.add(
        head.find(labelsOf(s)) ?? head.create(labelsOf(s)),
        50_000 + 10 * tick,
        (tick * (s + 7)) % 101,
      );
    expect(head.apply(batch, new Uint8Array(batch.length))).toBe(batch.length);
  };
  const all = Array.from({ length: series }, (_, s) => s);
  const ticks = Array.from({ length: 90 }, (_, tick) => tick);
  for (const tick of ticks)
    append(
      heads.scraped,
      all.map((s) => [s, tick]),
    );
  for (let from = 0; from < series; from += perBatch) {
    const part = all.slice(from, from + perBatch);
    append(
      heads.backfilled,
      part.flatMap((s) => ticks.map((tick) => [s, tick] as const)),
    );
  }
  for (let tick = 90; tick < 900; tick++) {
    for (const head of Object.values(heads))
      append(
        head,
        all.map((s) => [s, tick]),
      );
  }
  expect(heads.backfilled.sizeBytes).toBeLessThan(atMost * heads.scraped.sizeBytes);
  const range = { minMs: 58_000, maxMs: 59_000 };
  const [a, b] = [0, 19].map((i) => {
    const out = createStoredBuffer();
    heads.backfilled.selectAll(range).read(i, out);
    return [...out.timestamps.subarray(0, out.length)];
  });
  expect(a).toHaveLength(100);
  expect(b).toEqual(a);
});

it('gives memory back when every series is replaced again and again', () => {
  const head = newHead(0);
  let sizes: number[] = [];
  for (let generation = 0; generation < 40; generation++) {
    const batch = new SampleBatch();
    const refs = Array.from({ length: 200 }, (_, i) =>
      head.create(Labels.from({ __name__: 'm', pod: `pod-${generation}-${i}`, job: 'churn' })),
    );
    for (let tick = 0; tick < 10; tick++) {
      batch.clear();
      for (const ref of refs) batch.add(ref, generation * RANGE_MS + tick * 1000, tick);
      head.apply(batch, new Uint8Array(200));
    }
    head.truncate((generation - 1) * RANGE_MS);
    sizes.push(
      head.memory.table.limit + head.memory.table.pairs.limit + head.memory.table.pairs.symbols.limit,
    );
  }
  sizes = sizes.slice(5);
  expect(new Set(sizes).size).toBe(1);
  expect(head.seriesCount).toBe(400);
  const found = head.select([new Matcher('=', 'job', 'churn')], { minMs: 0, maxMs: Infinity });
  expect(found.length).toBe(400);
  expect(found.labels(0).get('pod')).toBe('pod-38-0');
});

function newHead(outOfOrderWindowMs: number): Head {
  return new Head({ maxSeries: 1 << 16, rangeMs: RANGE_MS, outOfOrderWindowMs });
}

interface Sample {
  readonly series: number;
  readonly time: number;
  readonly value: number | 'stale';
  readonly start?: number;
}

class HeadUnderTest {
  readonly head: Head;
  readonly model: ModelStore;
  readonly refs: number[];
  readonly #last = new Map<number, Sample>();

  constructor(windowMs: number) {
    this.head = newHead(windowMs);
    this.model = new ModelStore(windowMs, RANGE_MS);
    this.refs = Array.from({ length: 12 }, (_, i) => this.head.create(labelsOf(i)));
  }

  append(samples: readonly Sample[]): void {
    const batch = new SampleBatch();
    for (const { series, time, value, start = 0 } of samples) {
      if (value === 'stale') batch.addBits(this.refs[series]!, time, 2, 0x7ff00000);
      else batch.add(this.refs[series]!, time, value);
      batch.setStart(batch.length - 1, start);
    }
    const wanted = this.model.append(
      samples.map(({ series, time, start = 0 }, i) => ({
        key: labelsOf(series).key,
        time,
        start,
        words: [batch.words[2 * i]!, batch.words[2 * i + 1]!] as const,
      })),
    );
    const statuses = new Uint8Array(samples.length);
    this.head.apply(batch, statuses);
    expect([...statuses]).toEqual(wanted);
    samples.forEach((sample, i) => wanted[i] === 0 && this.#last.set(sample.series, sample));
  }

  appendAgain(series: number, change: boolean): void {
    const last = this.#last.get(series);
    if (last === undefined) return;
    this.append([change && typeof last.value === 'number' ? { ...last, value: last.value + 1 } : last]);
  }

  check(minMs: number, maxMs: number): void {
    const selection = this.head.selectAll({ minMs, maxMs });
    expect(new Set(labelKeys(selection)).size).toBe(selection.length);
    for (let i = 0; i < selection.length; i++) {
      const out = createStoredBuffer();
      selection.read(i, out);
      const wanted = this.model.read(selection.labels(i).key, minMs, maxMs);
      expect([...out.timestamps.subarray(0, out.length)]).toEqual(wanted.times);
      const words = new Uint32Array(out.values.buffer, out.values.byteOffset, 2 * out.length);
      expect([...words]).toEqual(wanted.words);
      expect(startsOf(out)).toEqual(wanted.starts);
    }
  }
}

function labelKeys(selection: SourceSelection): string[] {
  return Array.from({ length: selection.length }, (_, i) => selection.labels(i).key);
}

function startsOf({ length, startTimestamps }: StoredBuffer): number[] {
  return Array.from({ length }, (_, i) => startTimestamps?.[i] ?? 0);
}

function labelsOf(series: number): Labels {
  return Labels.from({ __name__: 'metric', series: String(series), target: String(Math.floor(series / 3)) });
}
