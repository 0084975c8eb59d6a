import { StreamError } from '../errors.ts';
import type { StoredEvent } from './storedEvent.ts';

/** Decides whether an event passes. */
export type EventFilter = (stored: StoredEvent) => boolean;

const MAX_TERMS = 16;
const MAX_LENGTH = 1024;
const COMPARISON = /^([\w.-]+)(!=|=)(.*)$/s;

/**
 * The filter box: terms apart by spaces, all of which must hold. `path=value` and `path!=value` compare an attribute
 * or a field of the data (`data.service=tracks`; `service=tracks` looks in the data when no attribute has the name);
 * any other term is looked for in the event's JSON, whatever its case. `"` keeps spaces in a term. Throws
 * STREAM_BAD_REQUEST.
 */
export function parseTextFilter(text: string): EventFilter {
  if (text.length > MAX_LENGTH)
    throw new StreamError(
      'STREAM_BAD_REQUEST',
      `q: expected at most ${MAX_LENGTH} characters, found ${text.length}`,
    );
  const terms = splitTerms(text);
  if (terms.length > MAX_TERMS) {
    throw new StreamError(
      'STREAM_BAD_REQUEST',
      `q: expected at most ${MAX_TERMS} terms, found ${terms.length}`,
    );
  }
  const filters = terms.map(parseTerm);
  return (stored) => filters.every((filter) => filter(stored));
}

function splitTerms(text: string): string[] {
  const terms: string[] = [];
  for (const [term] of text.matchAll(/(?:"[^"]*"?|[^\s"])+/g)) terms.push(term.replaceAll('"', ''));
  return terms.filter((term) => term !== '');
}

function parseTerm(term: string): EventFilter {
  const [, path, operator, value] = COMPARISON.exec(term) ?? [];
  if (path === undefined || value === undefined) {
    const wanted = term.toLowerCase();
    return ({ event }) => JSON.stringify(event).toLowerCase().includes(wanted);
  }
  const steps = path.split('.');
  const equal = operator === '=';
  return ({ event }) => (textAt(event, steps) === value) === equal;
}

function textAt(event: object, steps: readonly string[]): string | undefined {
  const found = valueAt(event, steps) ?? valueAt((event as { data?: unknown }).data, steps);
  if (found === undefined) return undefined;
  return typeof found === 'object' ? JSON.stringify(found) : String(found as string | number | boolean);
}

function valueAt(from: unknown, steps: readonly string[]): unknown {
  let value = from;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value ?? undefined;
}
