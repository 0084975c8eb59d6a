import { Labels } from '@binnacle/model';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Engine } from '../engine/engine.ts';
import { MemoryStore } from '../memoryStore.ts';

/** Irregular samples, some of them NaN, stale or lower than the one before. */
const samples = fc.array(
  fc.record({
    gapMs: fc.integer({ min: 1, max: 40_000 }),
    value: fc.oneof(
      fc.integer({ min: -5, max: 50 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.constantFrom(NaN, 'stale' as const),
    ),
  }),
  { maxLength: 60 },
);

const FUNCTIONS = [
  'rate',
  'increase',
  'delta',
  'irate',
  'idelta',
  'sum_over_time',
  'avg_over_time',
  'min_over_time',
  'max_over_time',
  'count_over_time',
  'last_over_time',
  'first_over_time',
  'present_over_time',
  'changes',
  'resets',
];

it('gives for all windows at once what it gives for each by itself, bit for bit', () => {
  const engine = new Engine();
  fc.assert(
    fc.property(
      samples,
      fc.constantFrom(...FUNCTIONS),
      fc.constantFrom(15, 60, 300),
      fc.constantFrom(7, 30, 120),
      (list, name, rangeSeconds, stepSeconds) => {
        const store = new MemoryStore();
        let ms = 0;
        for (const { gapMs, value } of list) {
          ms += gapMs;
          store.append(Labels.from({ __name__: 'm_total' }), ms, value);
        }
        const query = `${name}(m_total[${rangeSeconds}s])`;
        const stepMs = stepSeconds * 1000;
        const { value } = engine.range(store, { query, startMs: 0, endMs: ms + 60_000, stepMs });
        const row = value.type === 'matrix' ? value.series[0]?.row : undefined;
        for (let step = 0; step * stepMs <= ms + 60_000; step++) {
          const alone = engine.instant(store, { query, timeMs: step * stepMs }).value;
          const expected = alone.type === 'vector' ? alone.series[0]?.row.values[0] : undefined;
          expect(row?.kinds[step] === 1 ? row.values[step] : undefined).toBe(expected);
        }
      },
    ),
    { numRuns: 500 },
  );
});

it('agrees with sums over a plain list', () => {
  const engine = new Engine();
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 50 }),
      (values) => {
        const store = new MemoryStore();
        values.forEach((value, i) => store.append(Labels.from({ __name__: 'm' }), i * 1000, value));
        const request = { query: 'sum_over_time(m[10s])', startMs: 0, endMs: 50_000, stepMs: 1000 };
        const { value } = engine.range(store, request);
        const row = value.type === 'matrix' ? value.series[0]!.row : undefined;
        for (let step = 0; step <= 50; step++) {
          const window = values.slice(Math.max(0, step - 9), step + 1);
          const expected = window.length === 0 ? undefined : window.reduce((a, b) => a + b);
          expect(row!.kinds[step] === 1 ? row!.values[step] : undefined).toBe(expected);
        }
      },
    ),
  );
});
