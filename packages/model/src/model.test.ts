import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import {
  AnchoredRegex,
  compareUtf8,
  DurationError,
  formatDuration,
  formatGoFloat,
  isStaleAt,
  Labels,
  Matcher,
  parseDuration,
  parseGoFloat,
  RegexError,
  replaceAllMatches,
  setStaleAt,
} from './index.ts';

it('compares strings in the order of their UTF-8 bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
  );
  expect(compareUtf8('\u{1F600}', '\uFF5E')).toBeGreaterThan(0);
});

it('tells the stale marker from every other NaN, also after a copy', () => {
  const floats = new Float64Array([NaN, 1, 0]);
  setStaleAt(floats, 2);
  const copy = new Float64Array(floats);
  const words = new Uint32Array(copy.buffer);
  expect([0, 1, 2].map((i) => isStaleAt(words, i))).toEqual([false, false, true]);
});

describe('durations', () => {
  it.each([
    ['0', 0],
    ['15s', 15_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['1m500ms', 60_500],
  ])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', '1m1h', '-1s', '1.5h', ' 1s', '400y'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(DurationError);
  });

  it('prints what it reads', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31 - 1), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
    expect(formatDuration(90_000)).toBe('1m30s');
    expect(formatDuration(7 * 86_400_000)).toBe('1w');
  });
});

describe('floats as Go prints them', () => {
  it.each([
    [1e21, 'f', '1000000000000000000000'],
    [1e-7, 'f', '0.0000001'],
    [-1.5e-9, 'f', '-0.0000000015'],
    [Infinity, 'f', '+Inf'],
    [-0, 'f', '-0'],
    [1, 'e', '1e+00'],
    [0.000123, 'e', '1.23e-04'],
    [1e6, 'g', '1e+06'],
    [1234567, 'g', '1.234567e+06'],
    [0.0001, 'g', '0.0001'],
    [100000, 'g', '100000'],
  ] as const)('%s as %s is %s', (value, format, text) => expect(formatGoFloat(value, format)).toBe(text));

  it('reads back every float that it prints', () => {
    fc.assert(
      fc.property(fc.double(), fc.constantFrom('f' as const, 'e' as const, 'g' as const), (value, format) => {
        expect(parseGoFloat(formatGoFloat(value, format))).toBe(value);
      }),
    );
  });

  it('reads what Go reads and nothing else', () => {
    expect(parseGoFloat('0x1p-2')).toBe(0.25);
    expect(parseGoFloat('+iNf')).toBe(Infinity);
    for (const text of ['', ' 1', '1 ', '0b1', '1_', 'e5', '.', '0x', '1__0'])
      expect(parseGoFloat(text)).toBeUndefined();
  });
});

describe('AnchoredRegex', () => {
  it('agrees with RE2 on patterns of every shape', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      'ab',
      '.*',
      '.+',
      '.',
      '|',
      '(a|b)',
      'a?',
      'b*',
      '[ab]',
      '\\.',
      'a{2}',
      '',
    );
    const pattern = fc.array(piece, { maxLength: 5 }).map((parts) => parts.join(''));
    const value = fc.string({ unit: fc.constantFrom('a', 'b', '.', '\n'), maxLength: 5 });
    fc.assert(
      fc.property(pattern, value, (source, text) => {
        let expected: boolean;
        try {
          expected = RE2JS.compile(source, RE2JS.DOTALL).matches(text);
        } catch {
          expect(() => new AnchoredRegex(source)).toThrow(RegexError);
          return;
        }
        const regex = new AnchoredRegex(source);
        expect(regex.test(text)).toBe(expected);
        if (expected) {
          expect(text.startsWith(regex.prefix)).toBe(true);
          if (regex.alternatives !== undefined) expect(regex.alternatives).toContain(text);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('answers at once on a pattern that makes backtracking engines hang', () => {
    const started = performance.now();
    expect(new AnchoredRegex('(a+)+$').test('a'.repeat(5000) + '!')).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('expands groups as Go does', () => {
    const regex = new AnchoredRegex('(?P<host>[^:]+):(\\d+)');
    expect(regex.replace('db:5432', '${host}-$2-$9')).toBe('db-5432-');
    expect(regex.replace('db', '$1')).toBeUndefined();
  });
});

describe('Labels', () => {
  it('are the same whatever the order they came in', () => {
    const a = Labels.from({ b: '2', a: '1', empty: '' });
    const b = Labels.from([
      ['a', '1'],
      ['b', '2'],
    ]);
    expect(a.key).toBe(b.key);
    expect(a.toString()).toBe('{a="1", b="2"}');
    expect(Labels.compare(a, b)).toBe(0);
    expect(a.without('a').toJSON()).toEqual({ b: '2' });
    expect(a.only('a').with('c', '3').toJSON()).toEqual({ a: '1', c: '3' });
  });
});

it('matches absent labels as empty ones', () => {
  expect(new Matcher('=', 'a', '').matchesEmpty).toBe(true);
  expect(new Matcher('!~', 'a', '.+').matchesEmpty).toBe(true);
  expect(new Matcher('=~', 'a', 'x|').matchesEmpty).toBe(true);
  expect(new Matcher('!=', 'a', '').toString()).toBe('a!=""');
});

describe('replaceAllMatches', () => {
  it.each([
    ['a', 'aXaa', '-', '-X--'],
    ['^a', 'aaa', 'b', 'baa'],
    ['x*', 'axbxxc', '-', '-a-b-c-'],
    [
      '(\\w+)@(?P<host>\\w+)',
      'me@here, you@there',
      '$2 ${host} ${1}s $1s $$ $9',
      'here here mes  $ , there there yous  $ ',
    ],
    ['.+', 'a\nb', '<$0>', '<a>\n<b>'],
    ['b', 'äb', '[$0]', 'ä[b]'],
  ])('%s in %j', (pattern, value, replacement, expected) => {
    expect(replaceAllMatches(pattern, value, replacement)).toBe(expected);
  });

  it('refuses what RE2 does not know', () => {
    expect(() => replaceAllMatches('(?=a)', 'a', '')).toThrow(RegexError);
  });
});
