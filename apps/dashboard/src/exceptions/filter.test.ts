import { describe, expect, test } from 'vitest';
import {
  filterParameters,
  parseFilter,
  printFilter,
  showsStatus,
  toggleToken,
  type Token,
} from './filter.ts';

const NOW = Date.parse('2026-01-15T15:00:00Z');

describe('the filter box', () => {
  test('reads fields, free text and quotes', () => {
    expect(parseFilter('is:new service:tracks "no route" timeout')).toEqual([
      { field: 'is', value: 'new' },
      { field: 'service', value: 'tracks' },
      { field: null, value: 'no route' },
      { field: null, value: 'timeout' },
    ]);
  });

  test('a quoted value may hold spaces, quotes and colons', () => {
    expect(parseFilter(String.raw`class:"Odd \"Name\": x"`)).toEqual([
      { field: 'class', value: 'Odd "Name": x' },
    ]);
  });

  test('unknown fields, addresses and quoted fields are text', () => {
    expect(parseFilter('http://a/b TypeError: "is:new"').map((token) => token.field)).toEqual([
      null,
      null,
      null,
    ]);
  });

  test.each([
    ['is:nwe', 'is: knows new, ongoing, regressed, resolved, muted and all'],
    ['service:', 'service: needs a value'],
    ['label:zone', 'label: needs name=value'],
    ['first-seen:1h', 'first-seen: needs an age like >1h or a time like >2026-01-15T14:00:00Z'],
    ['version:1 version:2', 'version: can be given once'],
  ])('%s says what is wrong', (query, problem) => {
    expect(parseFilter(query).at(-1)?.problem).toBe(problem);
  });

  const tokens: Token[][] = [
    [],
    [
      { field: 'is', value: 'muted' },
      { field: null, value: 'plain' },
    ],
    [{ field: null, value: 'is:new' }],
    [{ field: null, value: 'a "b" c' }],
    [
      { field: null, value: String.raw`C:\temp` },
      { field: null, value: String.raw`back\slash and space` },
    ],
    [{ field: 'class', value: 'java.lang.Null "x"\n\ty' }],
    [
      { field: 'service', value: 'a:b' },
      { field: 'service', value: 'ünï💥' },
    ],
    [
      { field: 'label', value: 'zone=eu west' },
      { field: 'first-seen', value: '>1h' },
    ],
  ];
  test.each(tokens.map((list) => [printFilter(list), list] as const))(
    '%j prints and parses to the same',
    (text, list) => {
      expect(parseFilter(text)).toEqual(list);
    },
  );

  test('an unfinished quote runs to the end', () => {
    expect(parseFilter('service:"my ser')).toEqual([{ field: 'service', value: 'my ser' }]);
  });
});

describe('filterParameters', () => {
  test('maps every field and leaves out what has a problem', () => {
    const query =
      'is:new is:muted service:a service:b severity:error class:X version:1 label:zone=eu first-seen:>1h last-seen:>2026-01-15T14:00:00Z is:bad two words';
    expect(filterParameters(parseFilter(query), NOW)).toEqual({
      q: 'two words',
      status: ['new', 'muted'],
      service: ['a', 'b'],
      severity: ['error'],
      class: 'X',
      version: '1',
      label: ['zone=eu'],
      firstSeenAfter: '2026-01-15T14:00:00.000Z',
      lastSeenAfter: '2026-01-15T14:00:00.000Z',
    });
  });

  test('is:all stands alone', () => {
    expect(filterParameters(parseFilter('is:new is:all'), NOW)).toEqual({ status: ['all'] });
  });
});

test('toggleToken adds, removes, and replaces in single-valued fields', () => {
  const one = toggleToken([], 'service', 'a');
  const two = toggleToken(one, 'service', 'b');
  expect(printFilter(two)).toBe('service:a service:b');
  expect(toggleToken(two, 'service', 'a')).toEqual([{ field: 'service', value: 'b' }]);
  expect(toggleToken([{ field: 'version', value: '1' }], 'version', '2')).toEqual([
    { field: 'version', value: '2' },
  ]);
});

test('showsStatus follows the default of the server: open ones only', () => {
  expect(showsStatus([], 'resolved')).toBe(false);
  expect(showsStatus([], 'regressed')).toBe(true);
  expect(showsStatus(parseFilter('is:resolved'), 'new')).toBe(false);
  expect(showsStatus(parseFilter('is:all'), 'muted')).toBe(true);
});
