import { expect, it } from 'vitest';
import { ALL_FEATURES, NO_FEATURES } from './features.ts';
import { ParseCache } from './parseCache.ts';
import { parse } from './parser.ts';

it('parses a query once, and each of many others as a parser does', () => {
  const cache = new ParseCache(NO_FEATURES);
  const first = cache.parse('sum(up) + 1');
  for (let i = 0; i < 400; i++) expect(cache.parse(`up + ${i}`)).toEqual(parse(`up + ${i}`));
  expect(cache.parse('sum(up) + 1')).toBe(first);
});

it('forgets what was not asked for in the last 500 queries', () => {
  const cache = new ParseCache(NO_FEATURES);
  const [old, used] = [cache.parse('old'), cache.parse('used')];
  for (let i = 0; i < 499; i++) {
    cache.parse(`up + ${i}`);
    expect(cache.parse('used')).toBe(used);
  }
  expect(cache.parse('old')).not.toBe(old);
});

it('keeps no mistakes and no very long queries', () => {
  const cache = new ParseCache(ALL_FEATURES);
  for (let i = 0; i < 2; i++) expect(() => cache.parse('up +')).toThrow('unexpected end of input');
  const long = `up${' '.repeat(5000)}`;
  expect(cache.parse(long)).not.toBe(cache.parse(long));
});
