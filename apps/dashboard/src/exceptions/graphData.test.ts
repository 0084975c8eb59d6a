import { expect, test } from 'vitest';
import { fitToRange, graphSentence } from './graphData.ts';

const answer = {
  from: '2026-01-15T14:00:00.000Z',
  stepSeconds: 60,
  series: [
    { labels: { version: '1.8.0' }, counts: [5, 6, 7, 8] },
    { labels: {}, counts: [1, 0, 2] },
  ],
};
const range = { from: Date.parse('2026-01-15T14:01:30Z'), to: Date.parse('2026-01-15T14:03:00Z') };

test('keeps the buckets that touch the window, the smaller series first', () => {
  const fitted = fitToRange(answer, range);
  expect(fitted.starts.map((ms) => new Date(ms).toISOString().slice(14, 16))).toEqual(['01', '02']);
  expect(fitted.series).toEqual([
    { version: '', counts: [0, 2], total: 2 },
    { version: '1.8.0', counts: [6, 7], total: 13 },
  ]);
});

test('the sentence gives total, versions and the peak', () => {
  const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);
  expect(graphSentence(fitToRange(answer, range), clock)).toBe(
    'Occurrences over time: 15 in 2 versions, most at 14:02 (9)',
  );
  expect(graphSentence(fitToRange({ ...answer, series: [] }, range), clock)).toContain('none in this window');
});
