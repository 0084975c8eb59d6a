import { expect, test } from 'vitest';
import { parseSeek, printSeek, readSeek } from './seek.ts';

const NOW = Date.parse('2026-01-15T15:07:30Z');

test.each([
  ['14:40', 'ts:2026-01-15T14:40:00.000Z'],
  // Still to come today, so yesterday is meant.
  ['15:30', 'ts:2026-01-14T15:30:00.000Z'],
  ['yesterday 9:00', 'ts:2026-01-14T09:00:00.000Z'],
  ['2026-01-15T14:40:00Z', 'ts:2026-01-15T14:40:00.000Z'],
  ['2026-01-15 14:40:00', 'ts:2026-01-15T14:40:00.000Z'],
  ['2h', 'ts:2026-01-15T13:07:30.000Z'],
  ['#1207', 'offset:1207'],
  ['1207', 'offset:1207'],
  ['oldest', 'oldest'],
  ['Newest', undefined],
])('%s is read', (text, written) => {
  const seek = parseSeek(text, NOW, 'utc');
  expect(seek).not.toBeNull();
  expect(printSeek(seek!)).toBe(written);
  expect(readSeek(written)).toEqual(seek);
});

test.each(['nonsense', '', '25:99', '14:00 to 14:30', '#x'])('%j is no place in a stream', (text) => {
  expect(parseSeek(text, NOW, 'utc')).toBeNull();
});

test.each([undefined, 'ts:nonsense', 'offset:-1', 'elsewhere'])('seek=%s is the newest', (text) => {
  expect(readSeek(text)).toEqual({ kind: 'newest' });
});
