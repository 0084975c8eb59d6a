import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestName } from './nearestName.ts';
import { formatSize, parseSize } from './size.ts';

test.each([
  ['lsten', 'listen'],
  ['lisetn', 'listen'],
  ['LISTEN', 'listen'],
  ['refresh_intervall', 'refresh_interval'],
  ['refreshInterval', 'refresh_interval'],
  ['qqqqqq', undefined],
  ['', undefined],
])('nearest to %j is %j', (given, nearest) => {
  expect(nearestName(given, ['listen', 'refresh_interval', 'scrape'])).toBe(nearest);
});

test('property: a known name with one edit is found', () => {
  const known = ['scrape_interval', 'evaluation_interval', 'external_labels', 'query_log_file'];
  fc.assert(
    fc.property(fc.constantFrom(...known), fc.nat(), (name, seed) => {
      const at = seed % name.length;
      expect(nearestName(name.slice(0, at) + name.slice(at + 1), known)).toBe(name);
      expect(nearestName(`${name.slice(0, at)}q${name.slice(at)}`, known)).toBe(name);
    }),
  );
});

test.each([
  ['0', 0],
  ['1', 1],
  ['1B', 1],
  ['1KB', 1024],
  ['1KiB', 1024],
  ['1k', 1024],
  ['1.5MB', 1.5 * 1024 ** 2],
  ['3TB', 3 * 1024 ** 4],
])('%s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test('property: a size that is printed and read is the same', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      expect(parseSize(formatSize(bytes))).toBe(bytes);
    }),
  );
});
