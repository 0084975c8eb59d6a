import { expect, test } from 'vitest';
import { automaticQuery, catalogOf, matchesWords, selectorOf } from './catalog.ts';

const about = (type: string) => [{ type, help: `a ${type}`, unit: '' }];
const catalog = catalogOf(
  ['a_seconds_bucket', 'a_seconds_count', 'a_seconds_sum', 'b_total', 'c', 'd_total', 'native'],
  {
    a_seconds: about('histogram'),
    b: about('counter'),
    c: about('gauge'),
    native: about('histogram'),
    gone: about('gauge'),
  },
);

test('families are joined with their series, and names without metadata stay', () => {
  expect(catalog.map(({ name, type }) => [name, type])).toEqual([
    ['a_seconds', 'histogram'],
    ['b_total', 'counter'],
    ['c', 'gauge'],
    ['d_total', 'counter'],
    ['native', 'histogram'],
  ]);
});

test('the first query depends on the type', () => {
  expect(catalog.map(automaticQuery)).toEqual([
    'histogram_quantile(0.95, sum by (le) (rate(a_seconds_bucket[5m])))',
    'rate(b_total[5m])',
    'c',
    'rate(d_total[5m])',
    'histogram_quantile(0.95, sum(rate(native[5m])))',
  ]);
});

test('an entry selects its series, and is found by words in any order', () => {
  expect(selectorOf(catalog[0]!)).toBe('{__name__=~"a_seconds_bucket|a_seconds_sum|a_seconds_count"}');
  expect(matchesWords(catalog[0]!, 'HISTOGRAM sec')).toBe(true);
  expect(matchesWords(catalog[0]!, 'histogram nothing')).toBe(false);
});
