import { Labels } from '@binnacle/model';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../memoryStore.ts';
import type { Queryable } from '../storage.ts';
import { Engine } from './engine.ts';
import { DEFAULT_LIMITS, TEST_SUITE_FEATURES, type QueryLimits } from './options.ts';
import { QueryError } from './queryError.ts';

const MINUTE = 60_000;

/** `count` series of one sample a minute for an hour. */
function storeOf(count: number): MemoryStore {
  const store = new MemoryStore();
  for (let i = 0; i < count; i++) {
    const labels = Labels.from({ __name__: 'm', i: String(i), half: i % 2 === 0 ? 'even' : 'odd' });
    for (let minute = 0; minute <= 60; minute++) store.append(labels, minute * MINUTE, i + minute);
  }
  return store;
}

function limited(limits: Partial<QueryLimits>): Engine {
  return new Engine({ limits: { ...DEFAULT_LIMITS, ...limits } });
}

const hour = { startMs: 0, endMs: 60 * MINUTE, stepMs: MINUTE };

describe('limits', () => {
  const store = storeOf(50);

  it('on samples count what is held, not what passes through an aggregation', () => {
    const engine = limited({ maxSamples: 1000 });
    expect(engine.range(store, { query: 'sum(m)', ...hour }).stats.peakSamples).toBeLessThan(1000);
    expect(() => engine.range(store, { query: 'm', ...hour })).toThrow(
      'query processing would load too many samples into memory in query execution',
    );
  });

  it('on memory say what to do', () => {
    const engine = limited({ maxMemoryBytes: 10_000 });
    expect(() => engine.range(store, { query: 'm', ...hour })).toThrow(
      new QueryError(
        'query needs more than its limit of 10000 bytes of memory; narrow it or shorten its range',
        'PROMQL_TOO_MUCH_MEMORY',
      ),
    );
  });

  it('on steps hold for ranges and subqueries', () => {
    const engine = limited({ maxSteps: 100 });
    expect(() => engine.range(store, { query: '1', ...hour, stepMs: 1000 })).toThrow(
      expect.objectContaining({ code: 'PROMQL_BAD_RANGE' }),
    );
    expect(() => engine.instant(store, { query: 'sum_over_time(m[1h:1s])', timeMs: hour.endMs })).toThrow(
      'subquery has 3600 steps, the limit is 100',
    );
  });

  it('on time and a cancel flag stop a query', () => {
    expect(() => new Engine().range(store, { query: 'm', ...hour, timeoutMs: -1 })).toThrow(
      expect.objectContaining({ code: 'PROMQL_TIMEOUT' }),
    );
    const cancel = new Int32Array(new SharedArrayBuffer(4));
    const canceling: Queryable = {
      select(matchers, range) {
        cancel[0] = 1;
        return store.select(matchers, range);
      },
    };
    expect(() => new Engine().range(canceling, { query: 'm', ...hour, cancel })).toThrow(
      'query was canceled in expression evaluation',
    );
  });

  it('refuses ranges that are none', () => {
    const engine = new Engine();
    for (const request of [
      { ...hour, stepMs: 0 },
      { ...hour, endMs: -1 },
    ]) {
      expect(() => engine.range(store, { query: '1', ...request })).toThrow(
        expect.objectContaining({ code: 'PROMQL_BAD_RANGE' }),
      );
    }
    expect(() => engine.range(store, { query: 'm[1m]', ...hour })).toThrow(
      'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    );
  });
});

describe('memory', () => {
  it('of an aggregation does not grow with the series', () => {
    const query = 'sum by (half) (rate(m[5m]))';
    const peak = (count: number): number =>
      new Engine().range(storeOf(count), { query, ...hour }).stats.peakBytes;
    expect(peak(200)).toBe(peak(20));
  });

  it('of an aggregation is that of its groups, as the process measures it', () => {
    const length = 2000;
    const timestamps = Float64Array.from({ length }, (_, i) => i * 1000);
    const values = timestamps.map((_, i) => i);
    let most = 0;
    const many: Queryable = {
      select: () => ({
        length,
        labels: (i) => Labels.from({ __name__: 'm_total', i: String(i), half: i % 2 === 0 ? 'even' : 'odd' }),
        read: (_, out) => {
          Object.assign(out, { length, timestamps, values });
          most = Math.max(most, process.memoryUsage().arrayBuffers);
        },
      }),
    };
    const before = process.memoryUsage().arrayBuffers;
    const query = 'sum by (half) (rate(m_total[5m])) / sum by (half) (max_over_time(m_total[5m]))';
    const { value } = new Engine().range(many, { query, startMs: 0, endMs: length * 1000, stepMs: 1000 });
    expect(value.type === 'matrix' && value.series).toHaveLength(2);
    // All rows together would be 2000 series x 2001 steps x 9 bytes, 36 MB for each side.
    expect(most - before).toBeLessThan(3e6);
  });
});

describe('reading', () => {
  /** Counts how often series are read. */
  function counting(store: MemoryStore): {
    readonly store: Queryable;
    readonly counts: { selects: number; reads: number };
  } {
    const counts = { selects: 0, reads: 0 };
    return {
      counts,
      store: {
        select(matchers, range) {
          counts.selects++;
          const set = store.select(matchers, range);
          return {
            length: set.length,
            labels: (index) => set.labels(index),
            read(index, out) {
              counts.reads++;
              set.read(index, out);
            },
          };
        },
      },
    };
  }

  it('decodes each series once for all steps', () => {
    const { store, counts } = counting(storeOf(10));
    new Engine().range(store, { query: 'sum(max_over_time(m[10m]))', ...hour });
    expect(counts).toEqual({ selects: 1, reads: 10 });
  });

  it('decodes equal selectors of one query once', () => {
    const { store, counts } = counting(storeOf(10));
    const query = 'sum(rate(m[5m])) / count(rate(m[5m])) + sum(increase(m[5m]))';
    new Engine().range(store, { query, ...hour });
    expect(counts).toEqual({ selects: 1, reads: 10 });
  });

  it('evaluates once what is the same at every step', () => {
    const { store, counts } = counting(storeOf(10));
    const { value } = new Engine().range(store, { query: 'sum(m @ 600)', ...hour });
    expect(counts).toEqual({ selects: 1, reads: 10 });
    expect(value.type === 'matrix' && new Set(value.series[0]!.row.values)).toEqual(new Set([145]));
  });
});

describe('metric names', () => {
  const store = new MemoryStore();
  for (const [name, minute] of [
    ['a_total', 0],
    ['b_total', 20],
  ] as const) {
    for (let i = 0; i < 4; i++) store.append(Labels.from({ __name__: name }), (minute + i) * MINUTE, i);
  }
  const request = {
    query: 'abs({__name__=~"(a|b)_total"})',
    startMs: 0,
    endMs: 25 * MINUTE,
    stepMs: 5 * MINUTE,
  };

  it.each([true, false])(
    'that fall together join series that never meet (delayed removal: %s)',
    (delayedNameRemoval) => {
      const engine = new Engine({ features: { ...TEST_SUITE_FEATURES, delayedNameRemoval } });
      const { value } = engine.range(store, request);
      expect(
        value.type === 'matrix' && value.series.map(({ labels, row }) => [labels.size, [...row.kinds]]),
      ).toEqual([[0, [1, 1, 0, 0, 1, 1]]]);
    },
  );

  it.each([true, false])(
    'that fall together at one step are an error (delayed removal: %s)',
    (delayedNameRemoval) => {
      const engine = new Engine({
        features: { ...TEST_SUITE_FEATURES, delayedNameRemoval },
        lookbackMs: 30 * MINUTE,
      });
      expect(() => engine.range(store, request)).toThrow(
        'vector cannot contain metrics with the same labelset',
      );
    },
  );

  it('are gone before label_replace() without delayed removal', () => {
    const query = 'label_replace(abs(a_total), "name", "$1", "__name__", "(.*)")';
    const names = (delayedNameRemoval: boolean): unknown => {
      const engine = new Engine({ features: { ...TEST_SUITE_FEATURES, delayedNameRemoval } });
      const { value } = engine.instant(store, { query, timeMs: 0 });
      return value.type === 'vector' && value.series.map(({ labels }) => labels.get('name'));
    };
    expect(names(false)).toEqual(['']);
    expect(names(true)).toEqual(['a_total']);
  });
});

it('tells series apart that use one array of timestamps to different lengths', () => {
  const timestamps = Float64Array.from({ length: 10 }, (_, i) => i * MINUTE);
  const values = Float64Array.from({ length: 10 }, (_, i) => i);
  const store: Queryable = {
    select: () => ({
      length: 2,
      labels: (index) => Labels.from({ __name__: 'm', i: String(index) }),
      read: (index, out) => Object.assign(out, { length: index === 0 ? 10 : 3, timestamps, values }),
    }),
  };
  const counts = (query: string): unknown => {
    const { value } = new Engine().instant(store, { query, timeMs: 9 * MINUTE });
    return value.type === 'vector' && value.series.map(({ row }) => row.values[0]);
  };
  expect(counts('count_over_time(m[10m])')).toEqual([10, 3]);
  expect(counts('m offset 4m')).toEqual([5, 2]);
});

it('explains a query: series, samples and time of each part', () => {
  const query = 'sum by (half) (rate(m[5m])) > 0';
  const { plan, stats } = new Engine().range(storeOf(10), { query, ...hour, explain: true });
  const shape = (node: NonNullable<typeof plan>): unknown => [
    node.expression,
    node.operation,
    node.series,
    node.samples,
    ...node.children.map(shape),
  ];
  expect(shape(plan!)).toEqual([
    'sum by (half) (rate(m[5m])) > 0',
    'binary',
    2,
    120,
    [
      'sum by (half) (rate(m[5m]))',
      'aggregation',
      2,
      120,
      ['rate(m[5m])', 'call', 10, 600, ['m[5m]', 'matrixSelector', 10, 610]],
    ],
  ]);
  expect(stats).toMatchObject({ seriesRead: 10, samplesRead: 610 });
  const times = (node: NonNullable<typeof plan>): number[] => [node.selfMs, ...node.children.flatMap(times)];
  expect(times(plan!).every((ms) => ms >= 0)).toBe(true);
  expect(times(plan!).reduce((a, b) => a + b)).toBeCloseTo(plan!.totalMs, 3);
});

it.each([
  ['functions', `${'abs('.repeat(400)}m${')'.repeat(400)}`],
  ['signs', `${'-'.repeat(400)}m`],
  ['operators', `m${' + m'.repeat(400)}`],
  ['powers', `m${' ^ m'.repeat(400)}`],
  ['sets', `m${' or m'.repeat(400)}`],
  ['aggregations', `${'sum('.repeat(400)}m${')'.repeat(400)}`],
  ['subqueries', `${'max_over_time('.repeat(100)}m${'[2m:1m])'.repeat(100)}`],
])('evaluates deeply nested %s without overflowing the stack', (_, query) => {
  expect(new Engine().range(storeOf(1), { query, ...hour }).value.type).toBe('matrix');
});

it('passes warnings of the store on', () => {
  const store: Queryable = {
    select: () => ({
      length: 0,
      labels: () => Labels.from({}),
      read: () => undefined,
      warnings: ['half of it is away'],
    }),
  };
  expect(new Engine().instant(store, { query: 'm', timeMs: 0 }).warnings).toEqual(['half of it is away']);
});
