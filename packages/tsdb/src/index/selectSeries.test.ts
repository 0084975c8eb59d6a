import { Labels, Matcher, type MatcherType } from '@binnacle/model';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Head } from '../head/head.ts';
import { SampleBatch } from '../head/sampleBatch.ts';

const NAMES = ['a', 'b', 'größe', '__name__'];
const value = fc.constantFrom('', 'x', 'xy', 'y', 'yz', 'x\ny', '🚀', '\uff5e', 'x.y');
const labels = fc
  .array(value, { minLength: 4, maxLength: 4 })
  .map((values) => Labels.from(NAMES.map((name, i) => [name, values[i]!] as const)));
const pattern = fc.constantFrom(
  'x',
  'x|y',
  'x.*',
  '.*y',
  '.+',
  '.*',
  '',
  '(x|)',
  '[xy]z?',
  'x.y',
  '(?i)X',
  'a|b|🚀',
  '.*\\..*',
);
const matcher = fc
  .oneof(
    fc.tuple(fc.constantFrom<MatcherType>('=', '!='), fc.constantFrom(...NAMES, 'missing'), value),
    fc.tuple(fc.constantFrom<MatcherType>('=~', '!~'), fc.constantFrom(...NAMES, 'missing'), pattern),
  )
  .map(([type, name, text]) => new Matcher(type, name, text));

it('finds exactly the series for which every matcher holds, in label order', () => {
  fc.assert(
    fc.property(fc.array(labels, { maxLength: 60 }), fc.array(matcher, { maxLength: 4 }), (all, matchers) => {
      const head = new Head({ maxSeries: 1 << 10, rangeMs: 1000, outOfOrderWindowMs: 0 });
      const batch = new SampleBatch();
      const distinct = [...new Map(all.filter(({ size }) => size > 0).map((set) => [set.key, set])).values()];
      for (const set of distinct) batch.add(head.create(set), 1, 1);
      head.apply(batch, new Uint8Array(distinct.length));
      const found = head.select(matchers, { minMs: 0, maxMs: 10 });
      const wanted = distinct
        .filter((set) => matchers.every((matcher) => matcher.matches(set.get(matcher.name))))
        .sort(Labels.compare);
      expect(Array.from({ length: found.length }, (_, i) => found.labels(i).key)).toEqual(
        wanted.map(({ key }) => key),
      );
    }),
    { numRuns: 400 },
  );
});

it('does not hang on a pattern that makes a backtracking engine hang', () => {
  const head = new Head({ maxSeries: 1 << 10, rangeMs: 1000, outOfOrderWindowMs: 0 });
  const batch = new SampleBatch();
  batch.add(head.create(Labels.from({ a: `${'a'.repeat(5000)}!` })), 1, 1);
  head.apply(batch, new Uint8Array(1));
  expect(head.select([new Matcher('=~', 'a', '(a+)+(a|aa)+b')], { minMs: 0, maxMs: 10 }).length).toBe(0);
});
