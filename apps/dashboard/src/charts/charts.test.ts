import { expect, test } from 'vitest';
import { seriesStyles } from './seriesColours.ts';
import { barsPath } from './Sparkline.tsx';

test('a series keeps its colour whatever else is drawn, unless the slot is taken', () => {
  const alone = seriesStyles(['1.8.0']).get('1.8.0')!;
  expect(seriesStyles(['1.8.0', '1.7.2']).get('1.8.0')).toEqual(alone);
  const eight = seriesStyles(Array.from({ length: 8 }, (_, index) => `v${index}`));
  expect(new Set([...eight.values()].map((style) => style.slot)).size).toBe(8);
});

test('the ninth series is dashed, the seventeenth dotted', () => {
  const names = Array.from({ length: 30 }, (_, index) => `v${index}`);
  const dashes = [...seriesStyles(names).values()].map((style) => style.dash);
  expect([dashes[7], dashes[8], dashes[15], dashes[16], dashes[29]]).toEqual([
    '',
    '6 3',
    '6 3',
    '2 3',
    '2 3',
  ]);
});

test('bars are scaled to the highest, and the smallest stays visible', () => {
  expect(barsPath([0, 1000, 1])).toBe('M1.1 100v-100h.8v100zM2.1 100v-8h.8v8z');
  expect(barsPath([])).toBe('');
});
