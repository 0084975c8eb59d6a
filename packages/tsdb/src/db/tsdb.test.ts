import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Labels, Matcher } from '@binnacle/model';
import { tempDir, type TempDir } from '@binnacle/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ModelStore, type LateOp, type ScrapeOp } from '../crash/modelStore.ts';
import { createSampleBuffer } from './series.ts';
import { Tsdb } from './tsdb.ts';

const RANGE_MS = 10_000;
const SERIES = 9;
const EVERYTHING = { minMs: -Infinity, maxMs: Infinity };

type Op =
  | ScrapeOp
  | LateOp
  | { readonly kind: 'again'; readonly series: number; readonly back: number; readonly value: number }
  | {
      readonly kind: 'backfill';
      readonly series: readonly number[];
      readonly count: number;
      readonly stepMs: number;
    }
  | { readonly kind: 'busy'; readonly waits: readonly number[]; readonly backMs: number }
  | { readonly kind: 'delete'; readonly series: number; readonly fromMs: number; readonly lengthMs: number }
  | { readonly kind: 'maintain' | 'flush' | 'close' | 'kill' | 'clean' | 'read' };

const series = fc.nat(SERIES - 1);
/** A start timestamp, mostly the one before; 0 for none. */
const start = fc.oneof(
  { weight: 4, arbitrary: fc.constant(80_000) },
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 200_000 }) },
);
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      kind: fc.constant('scrape' as const),
      targets: fc.subarray([0, 1, 2], { minLength: 1 }),
      advanceMs: fc.integer({ min: 1, max: 900 }),
      start,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('late' as const),
      series,
      backMs: fc.integer({ min: -50, max: 20_000 }),
      value: fc.double(),
      start,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('again' as const),
      series,
      back: fc.nat(60),
      value: fc.nat(3),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('backfill' as const),
      series: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8], { minLength: 1 }),
      count: fc.integer({ min: 1, max: 60 }),
      stepMs: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('busy' as const),
      waits: fc.array(fc.nat(20), { minLength: 1, maxLength: 6 }),
      backMs: fc.nat(20_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('delete' as const),
      series,
      fromMs: fc.nat(60_000),
      lengthMs: fc.nat(20_000),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom(...(['maintain', 'flush', 'close', 'kill', 'clean', 'read'] as const)),
    }),
  },
);

it.each([0, 15_000])(
  'holds what a model holds through cuts, merges, deletions and restarts, with an out-of-order window of %i ms',
  async (windowMs) => {
    await fc.assert(
      fc.asyncProperty(fc.array(op, { maxLength: 250, size: 'max' }), async (ops) => {
        using folder = tempDir('tsdb');
        const test = new StoreUnderTest(folder, windowMs);
        try {
          for (const step of ops) await test.run(step);
          test.check();
        } finally {
          await test.db.close();
        }
      }),
      { numRuns: 40, interruptAfterTimeLimit: 12_000, endOnFailure: true },
    );
  },
);

class StoreUnderTest {
  db: Tsdb;
  readonly #folder: TempDir;
  readonly #windowMs: number;
  readonly #model: ModelStore;
  readonly #scrapes: number[] = [];
  #now = 100_000;
  #generation = 0;

  constructor(folder: TempDir, windowMs: number) {
    this.#folder = folder;
    this.#windowMs = windowMs;
    this.#model = new ModelStore(windowMs, RANGE_MS);
    this.db = this.#open();
  }

  async run(step: Op): Promise<void> {
    switch (step.kind) {
      case 'scrape':
        this.#now += step.advanceMs;
        this.#scrapes.push(this.#now);
        this.#append(
          step.targets.flatMap((target) =>
            [0, 1, 2].map((i) => ({
              series: 3 * target + i,
              time: this.#now,
              value: (this.#now * (i + 1)) % 977,
              start: i === 0 ? 0 : step.start,
            })),
          ),
        );
        break;
      case 'late':
        this.#append([
          {
            series: step.series,
            time: this.#now - step.backMs,
            value: step.value,
            start: step.start,
          },
        ]);
        break;
      case 'again':
        // At a time that is taken already.
        this.#append([
          {
            series: step.series,
            time: this.#scrapes[this.#scrapes.length - 1 - step.back] ?? this.#now,
            value: step.value,
          },
        ]);
        break;
      case 'backfill': {
        // One series after the other, as a tool writes that reads one series at a time.
        const from = this.#now;
        this.#append(
          step.series.flatMap((series) =>
            Array.from({ length: step.count }, (_, i) => ({
              series,
              time: from + (i + 1) * step.stepMs,
              value: i * series,
            })),
          ),
        );
        this.#now = from + step.count * step.stepMs;
        break;
      }
      case 'busy': {
        // Samples that come in while blocks are cut and merged.
        const maintenance = this.db.maintain();
        for (const [i, waits] of step.waits.entries()) {
          for (let turn = 0; turn < waits; turn++) await Promise.resolve();
          this.#model.minValidTime = this.db.stats().minValidTime;
          this.#now += 10;
          this.#append([
            { series: i, time: this.#now, value: i },
            { series: i + 1, time: this.#now - step.backMs, value: -i },
          ]);
        }
        await maintenance;
        this.#model.minValidTime = this.db.stats().minValidTime;
        break;
      }
      case 'delete': {
        const range = { minMs: 90_000 + step.fromMs, maxMs: 90_000 + step.fromMs + step.lengthMs };
        await this.db.delete([new Matcher('=', 'series', String(step.series))], range);
        this.#model.delete(labelsOf(step.series).key, range.minMs, range.maxMs);
        break;
      }
      case 'maintain':
      case 'flush':
        await this.db[step.kind]();
        this.#model.minValidTime = this.db.stats().minValidTime;
        break;
      case 'clean':
        await this.db.cleanTombstones();
        break;
      case 'read':
        this.check();
        break;
      case 'close':
        await this.db.close();
        this.#reopen();
        break;
      case 'kill': {
        // What a killed process leaves: the files as they are, and a lock of a process that is gone.
        const from = this.#path();
        this.#generation++;
        cpSync(from, this.#path(), { recursive: true });
        await this.db.close();
        rmSync(join(this.#path(), 'lock'));
        this.#reopen();
        break;
      }
    }
  }

  check(): void {
    for (const range of [EVERYTHING, { minMs: this.#now - 12_000, maxMs: this.#now - 2000 }]) {
      const set = this.db.select([new Matcher('=', '__name__', 'metric')], range);
      expect(set.warnings).toEqual([]);
      const seen = new Set<string>();
      const out = createSampleBuffer();
      for (let i = 0; i < set.length; i++) {
        const { key } = set.labels(i);
        if (i > 0) expect(Labels.compare(set.labels(i - 1), set.labels(i))).toBeLessThan(0);
        seen.add(key);
        set.read(i, out);
        const wanted = this.#model.read(key, range.minMs, range.maxMs);
        expect([...out.timestamps.subarray(0, out.length)]).toEqual(wanted.times);
        expect([...new Uint32Array(out.values.buffer, 0, 2 * out.length)]).toEqual(wanted.words);
        const starts = Array.from({ length: out.length }, (_, at) => out.startTimestamps?.[at] ?? 0);
        expect(starts).toEqual(wanted.starts);
      }
      for (const key of this.#model.series.keys()) {
        if (!seen.has(key)) expect(this.#model.read(key, range.minMs, range.maxMs).times).toEqual([]);
      }
    }
  }

  #append(samples: readonly { series: number; time: number; value: number; start?: number }[]): void {
    const batch = this.db.batch();
    for (const { series, time, value, start } of samples)
      batch.append(this.db.getOrCreateSeries(labelsOf(series)), time, value, start);
    const { words } = batch.samples;
    const wanted = this.#model.append(
      samples.map(({ series, time, start = 0 }, i) => ({
        key: labelsOf(series).key,
        time,
        start,
        words: [words[2 * i]!, words[2 * i + 1]!] as const,
      })),
    );
    expect([...batch.commit().statuses]).toEqual(wanted);
  }

  #reopen(): void {
    this.db = this.#open();
    expect(this.db.stats().headMaxTime).toBe(this.#model.maxTime);
  }

  #path(): string {
    return join(this.#folder.path, String(this.#generation));
  }

  #open(): Tsdb {
    return Tsdb.open({
      folder: this.#path(),
      blockRangeMs: RANGE_MS,
      outOfOrderWindowMs: this.#windowMs,
      retentionMs: 0,
      maxSeries: 1 << 12,
      walSegmentBytes: 2000,
      walSyncIntervalMs: 60_000,
      maintenanceIntervalMs: 0,
    });
  }
}

function labelsOf(series: number): Labels {
  return Labels.from({ __name__: 'metric', series: String(series), target: String(Math.floor(series / 3)) });
}
