import { expect, test } from 'vitest';
import { rangeOf, refreshMs, validateGlobalSearch } from './globalSearch.ts';
import { parseSearchText, printSearchText } from './searchText.ts';

test.each([
  [{ q: 'is:new service:"a b" first-seen:>1h' }],
  [{ q: '100% & more = #1 + 2', sort: '-count' }],
  [{ list: ['a', 'b'], from: '2026-01-15T14:00:00.000Z' }],
  [{ sel: '123', empty: '' }],
])('%j survives the address', (search) => {
  expect(parseSearchText(printSearchText(search))).toEqual(search);
});

test('addresses stay readable', () => {
  expect(printSearchText({ q: 'is:new service:tracks', from: 'now-2d/d', gone: undefined })).toBe(
    '?q=is:new+service:tracks&from=now-2d/d',
  );
  expect(printSearchText({})).toBe('');
});

test('broken global parameters fall back to their defaults', () => {
  expect(validateGlobalSearch({ from: 'yesterdayish', to: ['now'], refresh: '2s', tz: 'mars' })).toEqual({});
  expect(validateGlobalSearch({ from: 'now-1h', to: 'now', refresh: 'off', tz: 'local' })).toEqual({});
  const kept = { from: 'now-6h', to: '2026-01-15T14:00:00Z', refresh: '1m', tz: 'utc' };
  expect(validateGlobalSearch(kept)).toEqual(kept);
  expect(rangeOf({ from: 'now-6h' })).toEqual({ from: 'now-6h', to: 'now' });
});

test('refresh intervals in milliseconds', () => {
  expect([refreshMs('15s'), refreshMs('5m'), refreshMs('off'), refreshMs(undefined)]).toEqual([
    15_000,
    300_000,
    null,
    null,
  ]);
});
