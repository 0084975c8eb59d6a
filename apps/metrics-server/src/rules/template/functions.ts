import { isIP } from 'node:net';
import { AnchoredRegex, compareUtf8, parseDuration, parseGoFloat, replaceAllMatches } from '@binnacle/model';
import type { RuleSample } from '../rule.ts';
import { BUILTINS, queryEscape } from './builtins.ts';
import { GoDuration, GoTime } from './goTime.ts';
import { humanize, humanize1024, humanizeDuration, significant } from './humanize.ts';
import { any, define, sample, text, vector, type TemplateFunction } from './signature.ts';
import { templateError } from './templateError.ts';
import { sampleValue, typeName, type TemplateValue } from './values.ts';

/** Functions that look at what surrounds the template, which the evaluation has. */
const SURROUNDINGS: Readonly<Record<string, TemplateFunction>> = {
  query: define([text], undefined, () => undefined),
  externalURL: define([], undefined, () => undefined),
  pathPrefix: define([], undefined, () => undefined),
  now: define([], undefined, () => undefined),
  tmpl: define([text, any], undefined, () => undefined),
};

/** Functions of alert templates, by name; a piped value is the last argument. */
const FUNCTIONS: Readonly<Record<string, TemplateFunction>> = {
  ...BUILTINS,
  ...SURROUNDINGS,
  first: define([vector], undefined, (list) => {
    const [found] = list as readonly RuleSample[];
    if (found === undefined) throw templateError('first() called on vector with no elements');
    return found;
  }),
  value: define([sample], undefined, (of) => sampleValue(of as RuleSample)),
  label: define([text, sample], undefined, (name, of) => (of as RuleSample).labels.get(name as string)),
  strvalue: define([sample], undefined, (of) => (of as RuleSample).labels.get('__value__')),
  sortByLabel: define([text, vector], undefined, (name, list) => {
    const valueOf = ({ labels }: RuleSample): string => labels.get(name as string);
    return (list as readonly RuleSample[]).toSorted((a, b) => compareUtf8(valueOf(a), valueOf(b)));
  }),
  humanize: define([any], undefined, (value) => humanize(numberOf(value))),
  humanize1024: define([any], undefined, (value) => humanize1024(numberOf(value))),
  humanizeDuration: define([any], undefined, (value) => humanizeDuration(numberOf(value))),
  humanizePercentage: define([any], undefined, (value) => `${significant(numberOf(value) * 100)}%`),
  humanizeTimestamp: define([any], undefined, (value) => {
    const seconds = numberOf(value);
    return Number.isFinite(seconds) ? timeOf(seconds).toString() : significant(seconds);
  }),
  toTime: define([any], undefined, (value) => timeOf(numberOf(value))),
  toDuration: define([any], undefined, (value) => new GoDuration(numberOf(value))),
  parseDuration: define([text], undefined, (value) => parseDuration(value as string) / 1000),
  toUpper: define([text], undefined, (value) => byRune(value as string, (rune) => rune.toUpperCase())),
  toLower: define([text], undefined, (value) => byRune(value as string, (rune) => rune.toLowerCase())),
  title: define([text], undefined, (value) => title(value as string)),
  match: define([text, text], undefined, (pattern, value) =>
    new AnchoredRegex(`(?s:.*?)(?-s:${pattern as string})(?s:.*)`).test(value as string),
  ),
  reReplaceAll: define([text, text, text], undefined, (pattern, by, value) =>
    replaceAllMatches(pattern as string, value as string, by as string),
  ),
  stripPort: define([text], undefined, (value) => hostPort(value as string)?.host ?? (value as string)),
  stripDomain: define([text], undefined, (value) => stripDomain(value as string)),
  graphLink: define([text], undefined, (query) => `/graph?g0.expr=${queryEscape(query as string)}&g0.tab=0`),
  tableLink: define([text], undefined, (query) => `/graph?g0.expr=${queryEscape(query as string)}&g0.tab=1`),
  urlQueryEscape: define([text], undefined, (value) => queryEscape(value as string)),
  safeHtml: define([text], undefined, (value) => value),
  args: define([], any, (...values) => new Map(values.map((value, i) => [`arg${i}`, value]))),
};

export function isFunction(name: string): boolean {
  return Object.hasOwn(FUNCTIONS, name);
}

/** A function that `isFunction` knows. */
export function functionNamed(name: string): TemplateFunction {
  return FUNCTIONS[name]!;
}

/** What the functions for numbers take: numbers, texts of numbers and durations. */
function numberOf(value: TemplateValue): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof GoDuration) return value.seconds;
  if (typeof value !== 'string') throw templateError(`can't convert ${typeName(value)} to float`);
  const number = parseGoFloat(value);
  if (number === undefined) throw templateError(`expected a number, found ${JSON.stringify(value)}`);
  return number;
}

/** Milliseconds are cut off, not rounded. */
function timeOf(seconds: number): GoTime {
  const ms = Math.floor(seconds * 1000);
  if (Math.abs(ms) <= 8.64e15) return new GoTime(ms);
  throw templateError(`${seconds} cannot be represented as a time`);
}

/** Go's strings.Title: a letter behind anything but letters, digits and _ is made a capital. */
function title(value: string): string {
  return value.replaceAll(/(?<![\p{L}\p{N}_])\p{L}/gu, (letter) =>
    byRune(letter, (rune) => rune.toUpperCase()),
  );
}

/** Go changes the case of single letters: ß, whose capital is two, stays. */
function byRune(value: string, change: (rune: string) => string): string {
  return [...value]
    .map((rune) => {
      const changed = change(rune);
      return [...changed].length === 1 ? changed : rune;
    })
    .join('');
}

/** Go's net.SplitHostPort; undefined where it fails. */
function hostPort(value: string): { readonly host: string; readonly port: string } | undefined {
  const [, bracketed, bare, port] = /^(?:\[([^[\]]*)\]|([^:[\]]*)):([^:[\]]*)$/.exec(value) ?? [];
  return port === undefined ? undefined : { host: bracketed ?? bare ?? '', port };
}

/** The name of a host up to its first dot, with its port; addresses stay. */
function stripDomain(value: string): string {
  const { host, port } = hostPort(value) ?? { host: value, port: undefined };
  if (isIP(host) !== 0) return value;
  const [name = ''] = host.split('.');
  return port === undefined ? name : `${name}:${port}`;
}
