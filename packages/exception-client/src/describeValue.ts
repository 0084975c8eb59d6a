import { readSafely } from './readSafely.ts';
import type { Redactor } from './redact.ts';

/**
 * What a thrown value that carries no message says: a primitive as text, an object as its first fields one
 * level deep, with the values of hidden names left out.
 */
export function describeValue(value: unknown, redactor: Redactor): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return describeField(value);
  const fields: string[] = [];
  for (const name in value) {
    if (fields.length === MAX_FIELDS) {
      fields.push('…');
      break;
    }
    const shownName = name.slice(0, MAX_FIELD_LENGTH);
    const text = redactor.isHidden(shownName) ? '[redacted]' : describeField(readSafely(value, name));
    fields.push(`${shownName}: ${text}`);
  }
  return `{ ${fields.join(', ')} }`;
}

const MAX_FIELDS = 20;
const MAX_FIELD_LENGTH = 256;

function describeField(field: unknown): string {
  if (typeof field === 'string') return field.slice(0, MAX_FIELD_LENGTH);
  if (typeof field === 'function') return '[function]';
  return typeof field === 'object' && field !== null ? '[object]' : String(field);
}
