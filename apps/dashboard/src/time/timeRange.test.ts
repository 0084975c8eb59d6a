import { describe, expect, test } from 'vitest';
import { formatCount, formatDelta, formatSpan } from './format.ts';
import { parseRange } from './parseRange.ts';
import { fractionOf, timeTicks } from './ticks.ts';
import { describeRange, resolveRange, shift, zoomOut } from './timeRange.ts';

const NOW = Date.parse('2026-01-15T15:07:30Z');
const iso = (range: { from: number; to: number }): string[] =>
  [range.from, range.to].map((ms) => new Date(ms).toISOString());

describe('resolveRange', () => {
  test.each([
    ['now-1h', 'now', '2026-01-15T14:07:30.000Z', '2026-01-15T15:07:30.000Z'],
    ['now-2d/d', 'now/h', '2026-01-13T00:00:00.000Z', '2026-01-15T15:00:00.000Z'],
    ['now/w', 'now', '2026-01-12T00:00:00.000Z', '2026-01-15T15:07:30.000Z'],
    ['now/M', 'now', '2026-01-01T00:00:00.000Z', '2026-01-15T15:07:30.000Z'],
    ['1768485600000', '2026-01-15T15:00:00Z', '2026-01-15T14:00:00.000Z', '2026-01-15T15:00:00.000Z'],
  ])('%s to %s', (from, to, start, end) => {
    expect(iso(resolveRange({ from, to }, NOW, 'utc'))).toEqual([start, end]);
  });

  test.each([
    ['nonsense', 'now'],
    ['now', 'now-1h'],
    ['2026-13-45T00:00:00Z', 'now'],
  ])('%s to %s falls back to the last hour', (from, to) => {
    expect(resolveRange({ from, to }, NOW, 'utc')).toEqual({ from: NOW - 3_600_000, to: NOW });
  });
});

describe('parseRange', () => {
  test.each([
    ['6h', 'now-6h', 'now'],
    ['last 15 minutes', 'now-15m', 'now'],
    ['now-2d/d', 'now-2d/d', 'now'],
    ['now-2d to now-1d', 'now-2d', 'now-1d'],
    ['today', 'now/d', 'now'],
    ['yesterday', '2026-01-14T00:00:00.000Z', '2026-01-15T00:00:00.000Z'],
    ['yesterday 14:00 to 15:30', '2026-01-14T14:00:00.000Z', '2026-01-14T15:30:00.000Z'],
    ['14:00 - 15:00', '2026-01-15T14:00:00.000Z', '2026-01-15T15:00:00.000Z'],
    ['2026-01-10 to 2026-01-11', '2026-01-10T00:00:00.000Z', '2026-01-11T00:00:00.000Z'],
    ['2026-01-15T14:02:00Z2026-01-15T14:05:00Z', '2026-01-15T14:02:00.000Z', '2026-01-15T14:05:00.000Z'],
    ['2026-01-15 14:02:00, 2026-01-15 14:05', '2026-01-15T14:02:00.000Z', '2026-01-15T14:05:00.000Z'],
    ['2026-01-15T14:02:00+02:00', '2026-01-15T12:02:00.000Z', 'now'],
    ['14:30', '2026-01-15T14:30:00.000Z', 'now'],
  ])('%s', (text, from, to) => {
    expect(parseRange(text, NOW, 'utc')).toEqual({ from, to });
  });

  test.each(['', '0h', 'tomorrow-ish', '15:00 to 14:00', 'now to now-1h', '25:99', 'a to b to c'])(
    '%j is not a range',
    (text) => {
      expect(parseRange(text, NOW, 'utc')).toBeNull();
    },
  );
});

test('shifting goes half a window and never past now', () => {
  const range = { from: NOW - 3_600_000, to: NOW };
  expect(shift(range, -1, NOW)).toEqual({ from: '2026-01-15T13:37:30.000Z', to: '2026-01-15T14:37:30.000Z' });
  expect(shift(range, 1, NOW)).toEqual({ from: '2026-01-15T14:07:30.000Z', to: '2026-01-15T15:07:30.000Z' });
});

test('zooming out doubles, and a window that ends now keeps ending now', () => {
  expect(
    zoomOut({ from: 'now-6h', to: 'now' }, resolveRange({ from: 'now-6h', to: 'now' }, NOW, 'utc'), NOW),
  ).toEqual({ from: 'now-12h', to: 'now' });
  const absolute = { from: '2026-01-15T10:00:00.000Z', to: '2026-01-15T11:00:00.000Z' };
  expect(zoomOut(absolute, resolveRange(absolute, NOW, 'utc'), NOW)).toEqual({
    from: '2026-01-15T09:30:00.000Z',
    to: '2026-01-15T11:30:00.000Z',
  });
});

test('describeRange names what the picker shows', () => {
  const format = (ms: number, withDate: boolean): string =>
    new Date(ms)
      .toISOString()
      .slice(withDate ? 0 : 11, 16)
      .replace('T', ' ');
  expect(describeRange({ from: 'now-15m', to: 'now' }, format)).toBe('Last 15 min');
  expect(describeRange({ from: 'now/d', to: 'now' }, format)).toBe('now/d – now');
  expect(describeRange({ from: '2026-01-15T14:02:00Z', to: '2026-01-15T15:02:00Z' }, format)).toBe(
    '2026-01-15 14:02 – 15:02',
  );
});

test('ticks are round times inside the window', () => {
  const range = resolveRange({ from: 'now-1h', to: 'now' }, NOW, 'utc');
  const ticks = timeTicks(range, 6, 'utc');
  expect(ticks.map((ms) => new Date(ms).toISOString().slice(11, 16))).toEqual([
    '14:10',
    '14:20',
    '14:30',
    '14:40',
    '14:50',
    '15:00',
  ]);
  expect(ticks.every((ms) => fractionOf(range, ms) >= 0 && fractionOf(range, ms) <= 1)).toBe(true);
  expect(timeTicks({ from: 0, to: 400 * 864e5 }, 4, 'utc').length).toBeLessThanOrEqual(4);
});

test('numbers and spans are short and exact where it matters', () => {
  expect([0, 999, 12_345, 1_240_000].map(formatCount)).toEqual(['0', '999', '12,345', '1.24M']);
  expect([380, -12, 0].map(formatDelta)).toEqual(['+380', '−12', '0']);
  expect([3_000, 22 * 60_000, 5 * 3_600_000, 49 * 3_600_000].map(formatSpan)).toEqual([
    '3 s',
    '22 min',
    '5 h',
    '2 d',
  ]);
});
