import { expect, test } from 'vitest';
import { periskopPath } from './legacyLinks.ts';

test.each([
  ['/tracks/errors/TypeError@1f', '/exceptions/tracks/TypeError%401f'],
  ['/my%20svc/errors/a%2Fb%3Fc', '/exceptions/my%20svc/a%2Fb%3Fc'],
  ['/tracks/errors/a//b', '/exceptions/tracks/a%2F%2Fb'],
  ['/tracks/errors/100%', '/exceptions/tracks/100%25'],
  ['/tracks/errors/', '/exceptions/tracks/~'],
  ['/tracks', '/services/tracks'],
  ['/targets', '/targets'],
])('%s goes to %s', (hash, path) => {
  expect(periskopPath(hash)).toBe(path);
});

test.each(['', '/', 'main', '/tracks/unknown/x'])('%j is no old link', (hash) => {
  expect(periskopPath(hash)).toBeNull();
});
