import { compareUtf8, Labels } from '@binnacle/model';
import type { RuleSample } from '../rule.ts';
import { sprint, valueText } from './format.ts';
import { GoDuration, GoTime } from './goTime.ts';
import { printf } from './printf.ts';
import { any, define, text, type TemplateFunction } from './signature.ts';
import { templateError } from './templateError.ts';
import { isMap, isTrue, typeName, type TemplateValue } from './values.ts';

/** The functions that every template of Go's text/template knows; `and` and `or` are the evaluation's. */
export const BUILTINS: Readonly<Record<string, TemplateFunction>> = {
  and: define([any], any, () => undefined),
  or: define([any], any, () => undefined),
  not: define([any], undefined, (value) => !isTrue(value)),
  len: define([any], undefined, lengthOf),
  index: define([any], any, (value, ...keys) => keys.reduce(elementOf, value)),
  slice: define([any], any, sliceOf),
  call: define([any], any, (value) => {
    throw templateError(`non-function ${valueText(value)} of type ${typeName(value)}`);
  }),
  print: define([], any, (...values) => sprint(values)),
  println: define([], any, (...values) => `${values.map(valueText).join(' ')}\n`),
  printf: define([text], any, (format, ...values) => printf(format as string, values)),
  html: define([], any, (...values) => escapeHtml(sprint(values))),
  js: define([], any, (...values) => escapeJs(sprint(values))),
  urlquery: define([], any, (...values) => queryEscape(sprint(values))),
  eq: define([any, any], any, (first, ...others) => others.some((other) => isEqual(first, other))),
  ne: define([any, any], undefined, (a, b) => !isEqual(a, b)),
  lt: define([any, any], undefined, (a, b) => order(a, b, (each) => each < 0)),
  le: define([any, any], undefined, (a, b) => order(a, b, (each) => each <= 0)),
  gt: define([any, any], undefined, (a, b) => order(a, b, (each) => each > 0)),
  ge: define([any, any], undefined, (a, b) => order(a, b, (each) => each >= 0)),
};

/** Go's url.QueryEscape. */
export function queryEscape(value: string): string {
  return encodeURIComponent(value.toWellFormed())
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

function lengthOf(value: TemplateValue): bigint {
  if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
  if (Array.isArray(value)) return BigInt(value.length);
  if (value instanceof Labels || isMap(value)) return BigInt(value.size);
  throw templateError(`len of type ${typeName(value)}`);
}

function elementOf(value: TemplateValue, key: TemplateValue): TemplateValue {
  if (value instanceof Labels || isMap(value)) {
    if (typeof key !== 'string') throw templateError(`value has type ${typeName(key)}; should be string`);
    return value.get(key);
  }
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return BigInt(bytes[placeIn(key, bytes.length - 1)]!);
  }
  if (Array.isArray(value)) return value[placeIn(key, value.length - 1)] as RuleSample;
  throw templateError(
    value === undefined ? 'index of untyped nil' : `can't index item of type ${typeName(value)}`,
  );
}

function sliceOf(value: TemplateValue, ...bounds: readonly TemplateValue[]): TemplateValue {
  if (bounds.length > 3) throw templateError(`too many slice indexes: ${bounds.length}`);
  if (typeof value !== 'string' && !Array.isArray(value)) {
    throw templateError(`can't slice item of type ${typeName(value)}`);
  }
  if (typeof value === 'string' && bounds.length === 3) throw templateError('cannot 3-index slice a string');
  const bytes = typeof value === 'string' ? Buffer.from(value) : undefined;
  const length = bytes?.length ?? (value as readonly RuleSample[]).length;
  const from = bounds.length > 0 ? placeIn(bounds[0], length) : 0;
  const to = bounds.length > 1 ? placeIn(bounds[1], length) : length;
  if (from > to) throw templateError(`invalid slice index: ${from} > ${to}`);
  return bytes?.toString('utf8', from, to) ?? (value as readonly RuleSample[]).slice(from, to);
}

function placeIn(key: TemplateValue, last: number): number {
  if (typeof key !== 'bigint') throw templateError(`cannot index slice/array with type ${typeName(key)}`);
  if (key < 0n || key > BigInt(last)) throw templateError(`index out of range: ${key}`);
  return Number(key);
}

/** Only values of one kind can be compared, as in Go: 1 is an int and 1.0 a float. */
function isEqual(a: TemplateValue, b: TemplateValue): boolean {
  if (a === undefined || b === undefined) return a === b;
  for (const value of [a, b]) {
    if (value instanceof GoTime || value instanceof GoDuration) continue;
    if (typeof value === 'object')
      throw templateError(`non-comparable type ${valueText(value)}: ${typeName(value)}`);
  }
  if (typeName(a) !== typeName(b)) throw incompatible(a, b);
  return a === b;
}

function order(a: TemplateValue, b: TemplateValue, holds: (order: number) => boolean): boolean {
  for (const value of [a, b]) {
    if (typeof value === 'boolean' || typeof value === 'object' || value === undefined) {
      throw templateError(`invalid type for comparison: ${typeName(value)}`);
    }
  }
  if (typeof a === 'string' && typeof b === 'string') return holds(compareUtf8(a, b));
  if (typeof a === 'bigint' && typeof b === 'bigint') return holds(a < b ? -1 : Number(a > b));
  if (typeof a !== 'number' || typeof b !== 'number') throw incompatible(a, b);
  return !Number.isNaN(a) && !Number.isNaN(b) && holds(a < b ? -1 : Number(a > b));
}

function incompatible(a: TemplateValue, b: TemplateValue): Error {
  const hint =
    [typeName(a), typeName(b)].sort().join() === 'float64,int'
      ? '; write the number with a point, as 1.0'
      : '';
  return templateError(
    `incompatible types for comparison: ${valueText(a)} (${typeName(a)}) and ${valueText(b)} (${typeName(b)})${hint}`,
  );
}

const HTML: Readonly<Record<string, string>> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&#34;',
  "'": '&#39;',
  '\0': '\ufffd',
};

function escapeHtml(value: string): string {
  return value.replaceAll(/[<>&"'\0]/g, (character) => HTML[character]!);
}

function escapeJs(value: string): string {
  return value.replaceAll(/[\u0000-\u001f<>&='"\\\u007f-\u00a0\u2028\u2029]/g, (character) =>
    /['"\\]/.test(character)
      ? `\\${character}`
      : `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}
