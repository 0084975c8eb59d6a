import { STATUSES, type ExceptionStatus } from '../api/types.ts';

/** One word of the filter box: `field:value`, or free text when the field is null. */
export interface Token {
  readonly field: Field | null;
  readonly value: string;
  /** Why the server would not understand it; the token is left out of the request. */
  readonly problem?: string;
}

export const FIELDS = [
  'is',
  'service',
  'severity',
  'class',
  'version',
  'label',
  'first-seen',
  'last-seen',
] as const;
export type Field = (typeof FIELDS)[number];

/** What each field means, for the suggestions under the filter box. */
export const FIELD_HINTS: Record<Field, string> = {
  is: 'status: new, ongoing, regressed, resolved, muted, all',
  service: 'name of the service',
  severity: 'error, warning, info',
  class: 'exact class of the exception',
  version: 'version of the service that threw',
  label: 'name=value of a target label',
  'first-seen': '>1h: first seen in the last hour, or after a time',
  'last-seen': '>10m: seen in the last ten minutes, or after a time',
};

const SINGLE = new Set<Field>(['class', 'version', 'first-seen', 'last-seen']);
const AGE = /^>(?:(\d{1,6})([smhdw])|(\d{4}-\d\d-\d\dT\S+))$/;
const AGE_MS = { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 } as const;

/** Splits the text of the filter box into tokens. Never throws; a token that makes no sense carries its problem. */
export function parseFilter(query: string): Token[] {
  const tokens: Token[] = [];
  for (const word of splitWords(query)) {
    const colon = word.quoted ? -1 : word.text.indexOf(':');
    const field = colon > 0 ? asField(word.text.slice(0, colon)) : null;
    if (field === null) {
      tokens.push({ field: null, value: word.text });
      continue;
    }
    const value = word.text.slice(colon + 1);
    const twice = SINGLE.has(field) && tokens.some((token) => token.field === field);
    const problem = twice ? `${field}: can be given once` : problemOf(field, value);
    tokens.push(problem === null ? { field, value } : { field, value, problem });
  }
  return tokens;
}

/** The text of the filter box for these tokens; parsing it gives the same tokens. */
export function printFilter(tokens: readonly Token[]): string {
  return tokens
    .map(({ field, value }) => (field === null ? quoteText(value) : `${field}:${quoteValue(value)}`))
    .join(' ');
}

/** The values of one field, in order. */
export function valuesOf(tokens: readonly Token[], field: Field): string[] {
  return tokens
    .filter((token) => token.field === field && token.problem === undefined)
    .map((token) => token.value);
}

/** Adds `field:value`, or takes it away when it is there. A single-valued field keeps only the new value. */
export function toggleToken(tokens: readonly Token[], field: Field, value: string): Token[] {
  const without = tokens.filter((token) => token.field !== field || token.value !== value);
  if (without.length < tokens.length) return without;
  const kept = SINGLE.has(field) ? tokens.filter((token) => token.field !== field) : tokens;
  return [...kept, { field, value }];
}

/** Query parameters of `GET /api/v1/exceptions` and `/facets` for these tokens. */
export interface FilterParameters {
  readonly q?: string;
  readonly service?: readonly string[];
  readonly severity?: readonly string[];
  readonly class?: string;
  readonly version?: string;
  readonly status?: readonly string[];
  readonly label?: readonly string[];
  readonly firstSeenAfter?: string;
  readonly lastSeenAfter?: string;
}

export function filterParameters(tokens: readonly Token[], nowMs: number): FilterParameters {
  const text = tokens
    .filter((token) => token.field === null)
    .map((token) => token.value)
    .join(' ');
  const statuses = valuesOf(tokens, 'is');
  return {
    ...some('q', text === '' ? undefined : text),
    ...some('service', many(valuesOf(tokens, 'service'))),
    ...some('severity', many(valuesOf(tokens, 'severity'))),
    ...some('class', valuesOf(tokens, 'class')[0]),
    ...some('version', valuesOf(tokens, 'version')[0]),
    ...some('status', statuses.includes('all') ? ['all'] : many(statuses)),
    ...some('label', many(valuesOf(tokens, 'label'))),
    ...some('firstSeenAfter', ageToTime(valuesOf(tokens, 'first-seen')[0], nowMs)),
    ...some('lastSeenAfter', ageToTime(valuesOf(tokens, 'last-seen')[0], nowMs)),
  };
}

/** True when the list shows exceptions of this status under these tokens. */
export function showsStatus(tokens: readonly Token[], status: ExceptionStatus): boolean {
  const statuses = valuesOf(tokens, 'is');
  if (statuses.length === 0) return status !== 'resolved' && status !== 'muted';
  return statuses.includes('all') || statuses.includes(status);
}

function problemOf(field: Field, value: string): string | null {
  if (value === '') return `${field}: needs a value`;
  if (field === 'is' && value !== 'all' && !STATUSES.some((status) => status === value)) {
    return `is: knows ${STATUSES.join(', ')} and all`;
  }
  if (field === 'label' && !/^[^=]+=/.test(value)) return 'label: needs name=value';
  if ((field === 'first-seen' || field === 'last-seen') && ageToTime(value, 0) === undefined) {
    return `${field}: needs an age like >1h or a time like >2026-01-15T14:00:00Z`;
  }
  return null;
}

function ageToTime(value: string | undefined, nowMs: number): string | undefined {
  const match = AGE.exec(value ?? '');
  if (match === null) return undefined;
  const [, amount, unit, stamp] = match;
  const ms =
    stamp === undefined ? nowMs - Number(amount) * AGE_MS[unit as keyof typeof AGE_MS] : Date.parse(stamp);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

interface Word {
  readonly text: string;
  /** The word begins with a quote, so a colon inside it is text. */
  readonly quoted: boolean;
}

function splitWords(query: string): Word[] {
  const words: Word[] = [];
  for (const match of query.matchAll(/(?:[^\s"]|"(?:[^"\\]|\\.)*"?)+/gs)) {
    const text = match[0].replaceAll(/"((?:[^"\\]|\\.)*)"?/gs, (_, inner: string) =>
      inner.replaceAll(/\\(.)/gs, '$1'),
    );
    words.push({ text, quoted: match[0].startsWith('"') });
  }
  return words.filter((word) => word.text !== '');
}

function quoteValue(value: string): string {
  return /[\s"]/.test(value) ? quote(value) : value;
}

function quoteText(value: string): string {
  const colon = value.indexOf(':');
  const looksLikeField = colon > 0 && asField(value.slice(0, colon)) !== null;
  return looksLikeField || /[\s"]/.test(value) ? quote(value) : value;
}

function quote(value: string): string {
  return `"${value.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
}

function asField(text: string): Field | null {
  return FIELDS.find((field) => field === text) ?? null;
}

function some<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}

function many(values: string[]): string[] | undefined {
  return values.length === 0 ? undefined : values;
}
