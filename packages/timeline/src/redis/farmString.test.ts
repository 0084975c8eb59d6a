import { expect, test } from 'vitest';
import { parseFarmString, parseQuorum } from './farmString.ts';
import { HASHES } from './hash.ts';
import { LAYOUTS, namesOf } from './keyLayout.ts';

test('clusters are parted by semicolons, instances by commas, white space is ignored', () => {
  expect(parseFarmString(' a:1, b:2 ;\n[::1]:3')).toEqual([
    [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
    [{ host: '::1', port: 3 }],
  ]);
});

test('an empty cluster, a bad address and one that occurs twice are refused', () => {
  for (const bad of [
    '',
    'a:1;',
    'a:1,,b:2',
    'a',
    'a:0',
    'a:65536',
    'a:b',
    ':1',
    'a:1;a:1',
    'a:1,a:1',
    '::1:3',
  ]) {
    expect(() => parseFarmString(bad), bad).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  }
});

test('a quorum is a number, or a percentage rounded up', () => {
  expect([1, 2, 3, 4, 5].map((clusters) => parseQuorum('51%', clusters))).toEqual([1, 2, 2, 3, 3]);
  expect(parseQuorum('2', 3)).toBe(2);
  expect(parseQuorum('100%', 3)).toBe(3);
  for (const bad of ['0', '4', '0%', '101%', '', 'two', '-1', '1.5']) {
    expect(() => parseQuorum(bad, 3), bad).toThrow(expect.objectContaining({ code: 'INVALID_CONFIG' }));
  }
});

test('murmur3, fnv and fnva give the published values, and place keys as Roshi does', () => {
  const { murmur3, fnv, fnva } = HASHES;
  expect([murmur3(''), murmur3('hello'), murmur3('Winter is coming')]).toEqual([0, 0x248bfa47, 0x43617e8f]);
  expect(['foo', 'user:1', 'user:2', 'user:3'].map((key) => murmur3(key) % 3)).toEqual([0, 2, 1, 2]);
  expect([fnv(''), fnv('foobar'), fnva(''), fnva('foobar')]).toEqual([
    0x811c9dc5, 0x31f0b262, 0x811c9dc5, 0xbf9cf968,
  ]);
});

test('every key keeps its three names in one hash slot, and is found again from each', () => {
  const layout = LAYOUTS['hash-tag'];
  for (const key of ['', 'k', '}', '{', '}x{', '~', '~}', 'a}b', '{a}', '\n', '\x00\xff', 'k+']) {
    const names = namesOf(key, layout);
    // Redis takes the tag between the first "{" and the first "}" behind it, if anything is there.
    expect(new Set(names.map((name) => /^[^{]*\{([^}]+)\}/s.exec(name)?.[1])).size, key).toBe(1);
    expect(
      names.every((name) => /^[^{]*\{[^}]+\}/s.test(name)),
      key,
    ).toBe(true);
    for (const name of names) expect(layout.keyOf(name)).toBe(key);
  }
  for (const foreign of ['binnacle:ring', 'k+', '{k}', '{}+']) expect(layout.keyOf(foreign)).toBeUndefined();
});

test('the layout of Roshi has the names that Roshi gives', () => {
  const layout = LAYOUTS.roshi;
  expect(namesOf('foo', layout)).toEqual(['foo+', 'foo-', 'foo!']);
  expect(['foo+', 'foo-', 'foo!', 'binnacle:ring'].map((name) => layout.keyOf(name))).toEqual([
    'foo',
    'foo',
    'foo',
    undefined,
  ]);
});
