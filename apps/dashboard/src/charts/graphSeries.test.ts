import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gridOf } from '../api/metricQueries.ts';
import { formatValue, graphSentence, toGraph, valueScale } from './graphSeries.ts';

const grid = { startMs: 10_000, endMs: 14_000, stepMs: 1000 };

test('samples stand on the grid, what is missing or not finite is a gap', () => {
  const graph = toGraph(
    [
      {
        metric: { __name__: 'm', a: 'b' },
        values: [
          [10, '1'],
          [11, 'NaN'],
          [13, '3'],
          [14, '+Inf'],
        ],
      },
      { metric: {}, histograms: [[10, { count: '1', sum: '1' }]] },
    ],
    grid,
  );
  expect(graph.times).toEqual([10_000, 11_000, 12_000, 13_000, 14_000]);
  expect(graph.series).toEqual([{ name: 'm{a="b"}', values: [1, null, null, 3, null] }]);
  expect(graph.histogramsOnly).toBe(1);
  expect(graphSentence(graph, (ms) => String(ms))).toBe('1 series, largest 3 at 13000');
});

test('the value axis holds every point and stands on zero unless the values are far above it', () => {
  const scaleOf = (values: (number | null)[], fromZero = false) =>
    valueScale([{ name: 'a', values }], fromZero);
  expect(scaleOf([2, null, 60])).toMatchObject({ min: 0, ticks: [0, 20, 40, 60] });
  expect(scaleOf([1000, 1001]).min).toBeGreaterThan(990);
  expect(scaleOf([1000, 1001], true).min).toBe(0);
  expect(scaleOf([-5, 5]).min).toBeLessThan(-5);
  expect(scaleOf([7, 7]).max).toBeGreaterThan(7);
  expect(scaleOf([null])).toEqual({ min: 0, max: 1, ticks: [0, 1] });
});

test('the value axis has few labels whatever the values, equal ones but for the last bits of their doubles too', () => {
  const level = valueScale([{ name: 'a', values: [0.095, 0.095 + 2 ** -56] }]);
  expect(level.max - level.min).toBeGreaterThan(0.01);
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (values) => {
      const { min, max, ticks } = valueScale([{ name: 'a', values }]);
      expect(min).toBeLessThanOrEqual(Math.min(...values));
      expect(max).toBeGreaterThanOrEqual(Math.max(...values));
      expect(max).toBeGreaterThan(min);
      expect(ticks.length).toBeGreaterThan(0);
      expect(ticks.length).toBeLessThan(10);
    }),
  );
});

test('a smaller window has nearer points, never more than were asked for', () => {
  const steps = [3_600_000, 600_000, 120_000].map((span) => {
    const { startMs, endMs, stepMs } = gridOf({ from: 1e12 + 17, to: 1e12 + 17 + span }, 1000);
    expect((endMs - startMs) / stepMs).toBeLessThanOrEqual(1000);
    expect(startMs % stepMs).toBe(0);
    return stepMs;
  });
  expect(steps).toEqual([5000, 1000, 200]);
});

test.each([
  [0, '0'],
  [412, '412'],
  [1500, '1.5k'],
  [-2_500_000, '-2.5M'],
  [0.25, '0.25'],
  [0.00012, '1.20e-4'],
])('%d is %s', (value, text) => {
  expect(formatValue(value)).toBe(text);
});
