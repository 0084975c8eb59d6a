import { readSafely } from './readSafely.ts';
import type { Redactor } from './redact.ts';

/**
 * What a thrown value that carries no message says: a primitive as text, an object as its first fields one
 * level deep, with the values of hidden names left out. Never throws, never runs long.
 */
export function describeValue(value: unknown, maxLength: number, redactor: Redactor): string {
  try {
    if (typeof value === 'object' && value !== null) return describeObject(value, maxLength, redactor);
    return describePrimitive(value);
  } catch {
    return '[cannot be read]';
  }
}

const MAX_FIELDS = 20;

function describeObject(value: object, maxLength: number, redactor: Redactor): string {
  if (Array.isArray(value)) return `[array of ${value.length}]`;
  const fields: string[] = [];
  let count = 0;
  let length = 0;
  for (const name in value) {
    if (++count > MAX_FIELDS || length > maxLength) {
      fields.push('…');
      break;
    }
    const field = readSafely(value, name);
    const text = redactor.isHidden(name) ? '[redacted]' : describeField(field);
    fields.push(`${name}: ${text}`);
    length += name.length + text.length;
  }
  return `{ ${fields.join(', ')} }`;
}

function describeField(field: unknown): string {
  if (typeof field === 'string') return JSON.stringify(field.slice(0, 256));
  return typeof field === 'object' && field !== null ? '[object]' : describePrimitive(field);
}

function describePrimitive(value: unknown): string {
  return typeof value === 'function' ? `[function ${value.name}]` : String(value);
}
