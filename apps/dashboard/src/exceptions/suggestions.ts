import { STATUSES, type Facets, type FacetValue } from '../api/types.ts';
import { formatCount } from '../time/format.ts';
import { FIELD_HINTS, FIELDS, printFilter, type Field, type Token } from './filter.ts';

export interface Suggestion {
  /** What the last word becomes. */
  readonly insert: string;
  readonly hint: string;
}

const LIMIT = 9;
const AGES = ['>10m', '>1h', '>24h', '>7d'];

/** What the last word of the draft may become: a field, or a value of the field it names. */
export function suggestionsFor(
  draft: string,
  facets: Facets | undefined,
  chips: readonly Token[],
): Suggestion[] {
  const word = /\S*$/.exec(draft)![0];
  const colon = word.indexOf(':');
  if (colon < 0) {
    if (word === '' && draft !== '') return [];
    return FIELDS.filter((field) => field.startsWith(word.toLowerCase())).map((field) => ({
      insert: `${field}:`,
      hint: FIELD_HINTS[field],
    }));
  }
  const field = FIELDS.find((candidate) => candidate === word.slice(0, colon));
  if (field === undefined) return [];
  const typed = word.slice(colon + 1).toLowerCase();
  return valuesFor(field, facets)
    .filter(({ value }) => value.toLowerCase().includes(typed))
    .filter(({ value }) => !chips.some((chip) => chip.field === field && chip.value === value))
    .slice(0, LIMIT)
    .map(({ value, count }) => ({
      insert: printFilter([{ field, value }]),
      hint: count < 0 ? '' : formatCount(count),
    }));
}

function valuesFor(field: Field, facets: Facets | undefined): readonly FacetValue[] {
  const plain = (values: readonly string[]): FacetValue[] => values.map((value) => ({ value, count: -1 }));
  switch (field) {
    case 'is':
      return plain([...STATUSES, 'all']);
    case 'first-seen':
    case 'last-seen':
      return plain(AGES);
    case 'service':
      return facets?.services ?? [];
    case 'severity':
      return facets?.severities ?? plain(['error', 'warning', 'info']);
    case 'class':
      return facets?.classes ?? [];
    case 'version':
      return facets?.versions ?? [];
    case 'label':
      return [];
  }
}
