import { describeWith } from '@binnacle/testing';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Engine } from '../engine/engine.ts';
import { timeAt } from '../engine/grid.ts';
import { QueryError } from '../engine/queryError.ts';
import { FLOAT } from '../engine/row.ts';
import type { MemoryStore } from '../memoryStore.ts';
import { DATA_SECONDS, DATA_START_MS, generateData } from './data.ts';
import { query } from './grammar.ts';
import { KNOWN_DIFFERENCES } from './knownDifferences.ts';
import { PrometheusPeer, seriesKey, type Answer, type AnswerSeries } from './prometheusPeer.ts';

/** How many queries to generate; more by BINNACLE_DIFFERENTIAL_RUNS. */
const RUNS = Number(process.env['BINNACLE_DIFFERENTIAL_RUNS'] ?? 500);
const TOLERANCE = 1e-7;

const engine = new Engine();

describeWith('prometheus', 'queries in a real Prometheus 2.42 and here', () => {
  let peer: PrometheusPeer;
  let store: MemoryStore;

  beforeAll(async () => {
    const data = generateData();
    ({ store } = data);
    peer = await PrometheusPeer.start(data.openMetrics);
  }, 60_000);

  afterAll(async () => peer[Symbol.asyncDispose]());

  it(
    'give the same results',
    async () => {
      const startSecond = fc.integer({ min: 0, max: DATA_SECONDS / 60 }).map((minute) => minute * 60 + 7);
      const steps = fc.integer({ min: 0, max: 12 });
      const stepSeconds = fc.constantFrom(10, 60, 130, 300);
      await fc.assert(
        fc.asyncProperty(query, startSecond, steps, stepSeconds, async (text, start, count, step) => {
          const startMs = DATA_START_MS + start * 1000;
          const endMs = startMs + count * step * 1000;
          const theirs = await peer.range(text, startMs, endMs, step * 1000);
          const ours = answer(store, text, startMs, endMs, step * 1000);
          expect(difference(theirs, ours)).toBe('');
        }),
        { numRuns: RUNS },
      );
    },
    60_000 + RUNS * 100,
  );
});

it('keeps the list of known differences short', () => {
  expect(KNOWN_DIFFERENCES.length).toBeLessThanOrEqual(10);
});

function answer(store: MemoryStore, text: string, startMs: number, endMs: number, stepMs: number): Answer {
  try {
    const { value } = engine.range(store, { query: text, startMs, endMs, stepMs });
    if (value.type !== 'matrix') throw new TypeError(`expected a matrix, found ${value.type}`);
    return new Map(
      value.series.map(({ labels, row }) => {
        const values = new Map<number, number>();
        for (let i = 0; i < row.steps; i++) {
          if (row.kinds[i] === FLOAT) values.set(timeAt(value.grid, i), row.values[i]!);
        }
        return [seriesKey(labels.toJSON()), values];
      }),
    );
  } catch (error) {
    if (error instanceof QueryError) return 'error';
    throw error;
  }
}

/** The first difference in words, or ''. */
function difference(theirs: Answer, ours: Answer): string {
  if (theirs === 'error' || ours === 'error') {
    return theirs === ours ? '' : `Prometheus: ${outcome(theirs)}, here: ${outcome(ours)}`;
  }
  for (const key of new Set([...theirs.keys(), ...ours.keys()])) {
    const found = seriesDifference(theirs.get(key), ours.get(key));
    if (found !== '') return `${key}: ${found}`;
  }
  return '';
}

function outcome(result: Answer): string {
  return result === 'error' ? 'an error' : `${result.size} series`;
}

function seriesDifference(theirs: AnswerSeries | undefined, ours: AnswerSeries | undefined): string {
  if (theirs === undefined || ours === undefined)
    return `only ${ours === undefined ? 'in Prometheus' : 'here'}`;
  for (const time of new Set([...theirs.keys(), ...ours.keys()])) {
    const [a, b] = [theirs.get(time), ours.get(time)];
    if (a === undefined || b === undefined || !close(a, b)) return `at ${time} Prometheus: ${a}, here: ${b}`;
  }
  return '';
}

function close(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  return Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(a), Math.abs(b));
}
