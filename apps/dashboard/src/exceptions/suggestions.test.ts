import { expect, test } from 'vitest';
import type { Facets } from '../api/types.ts';
import { suggestionsFor } from './suggestions.ts';

const facets: Facets = {
  services: [
    { value: 'tracks', count: 4 },
    { value: 'my service', count: 1 },
  ],
  severities: [],
  classes: [],
  versions: [],
  statuses: [],
};
const inserts = (draft: string, chips: Parameters<typeof suggestionsFor>[2] = []): string[] =>
  suggestionsFor(draft, facets, chips).map(({ insert }) => insert);

test('a word begins a field, a field offers its values, quoted where they need it', () => {
  expect(inserts('se')).toEqual(['service:', 'severity:']);
  expect(inserts('text service:')).toEqual(['service:tracks', 'service:"my service"']);
  expect(inserts('service:TR')).toEqual(['service:tracks']);
  expect(inserts('is:re')).toEqual(['is:regressed', 'is:resolved']);
});

test('nothing is offered after a finished word, for unknown fields, and for what is there already', () => {
  expect(inserts('timeout ')).toEqual([]);
  expect(inserts('http://a')).toEqual([]);
  expect(inserts('service:tr', [{ field: 'service', value: 'tracks' }])).toEqual([]);
});
