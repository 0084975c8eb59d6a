import { expect, it } from 'vitest';
import { TIME_PARTS } from './timeParts.ts';

const NAMES = [
  'minute',
  'hour',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'month',
  'year',
];

/** What Go's time.Unix(int64(x), 0).UTC() gives. */
it.each([
  [NaN, [30, 15, 4, 0, 339, 31, 12, 292277026596]],
  [-Infinity, [30, 15, 4, 0, 339, 31, 12, 292277026596]],
  [1e15, [46, 1, 5, 0, 187, 31, 7, 31690708]],
  [-1e15, [13, 22, 29, 0, 180, 30, 6, -31686769]],
  [9e18, [0, 16, 21, 6, 111, 30, 4, 285198648531]],
  [8.64e12, [0, 0, 13, 6, 257, 30, 9, 275760]],
  [-62135596801, [59, 23, 31, 0, 366, 31, 12, 0]],
  [1_709_210_096.9, [34, 12, 29, 4, 60, 29, 2, 2024]],
  [-0.5, [0, 0, 1, 4, 1, 31, 1, 1970]],
])('takes %d apart as Go does', (seconds, parts) => {
  expect(NAMES.map((name) => TIME_PARTS.get(name)!(seconds))).toEqual(parts);
});
