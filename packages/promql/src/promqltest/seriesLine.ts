import {
  Labels,
  METRIC_NAME,
  NO_BUCKETS,
  parseDuration,
  parseGoFloat,
  type CounterResetHint,
  type FloatHistogram,
} from '@binnacle/model';
import { combineHistograms } from '../histogram/arithmetic.ts';
import { unquote } from '../text/unquote.ts';

/** A value in a line of a test: a float, a histogram, a stale marker, or nothing. */
export type SequenceValue = number | FloatHistogram | 'stale' | undefined;

export interface SeriesLine {
  readonly labels: Labels;
  readonly values: readonly SequenceValue[];
  /** Histograms whose counter reset hint was written down and is to be compared. */
  readonly hintsWritten: ReadonlySet<number>;
}

/** Reads `metric{label="value"} 1 2+3x4 _ stale {{sum:1}}`. Throws SyntaxError. */
export function parseSeriesLine(line: string): SeriesLine {
  const { labels, rest } = parseMetric(line);
  const hintsWritten = new Set<number>();
  const values: SequenceValue[] = [];
  for (const item of splitItems(rest)) {
    const parsed = parseItem(item);
    if (item.includes('counter_reset_hint')) parsed.forEach((_, i) => hintsWritten.add(values.length + i));
    for (const value of parsed) values.push(value);
  }
  return { labels, values, hintsWritten };
}

/** A line of start timestamps: for every sample how far its start lies from it, in milliseconds; undefined: unknown. */
export function parseStartTimes(line: string): {
  readonly labels: Labels;
  readonly offsets: readonly (number | undefined)[];
} {
  const { labels, rest } = parseMetric(line);
  return { labels, offsets: splitItems(rest).flatMap(parseOffset) };
}

/** The metric at the start of a line; a trailing `@st` is left in `rest`. */
function parseMetric(line: string): { readonly labels: Labels; readonly rest: string } {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0] ?? '';
  const pairs: [string, string][] = name === '' ? [] : [[METRIC_NAME, name]];
  let at = name.length;
  const gap = /^\s*(?=\{[^{])/.exec(line.slice(at));
  if (gap !== null) {
    at += gap[0].length + 1;
    const item =
      /\s*([a-zA-Z_][a-zA-Z0-9_]*|"(?:[^"\\]|\\.)*")\s*(?:=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))?\s*(,)?/y;
    while (!/^\s*\}/.test(line.slice(at))) {
      item.lastIndex = at;
      const match = item.exec(line);
      if (match === null) throw new SyntaxError(`expected a label in ${JSON.stringify(line.slice(at))}`);
      const key = match[1]!.startsWith('"') ? unquote(match[1]!) : match[1]!;
      if (match[2] === undefined) pairs.push([METRIC_NAME, key]);
      else pairs.push([key, unquote(match[2])]);
      at = item.lastIndex;
    }
    at = line.indexOf('}', at) + 1;
  }
  return { labels: Labels.from(pairs), rest: line.slice(at) };
}

/** Splits at spaces outside of histograms. */
function splitItems(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let item = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (text.startsWith('{{', i)) depth++;
    if (text.startsWith('}}', i - 1) && i > 0) depth--;
    if (/\s/.test(char) && depth === 0) {
      if (item !== '') items.push(item);
      item = '';
    } else item += char;
  }
  if (item !== '') items.push(item);
  return items;
}

const UNSIGNED = '(?:(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?|inf|nan)';
const FLOAT_ITEM = new RegExp(`^([+-]?${UNSIGNED})(?:([+-]${UNSIGNED})?x(\\d+))?$`, 'i');
const HISTOGRAM_ITEM = /^(\{\{.*?\}\})(?:([+-])(\{\{.*?\}\}))?(?:x(\d+))?$/s;

function parseItem(item: string): SequenceValue[] {
  const blank = /^_(?:x(\d+))?$/.exec(item);
  if (blank !== null) return Array.from({ length: Number(blank[1] ?? 1) }, () => undefined);
  if (item === 'stale') return ['stale'];
  const histogram = HISTOGRAM_ITEM.exec(item);
  if (histogram !== null) return histogramItem(histogram);
  const float = FLOAT_ITEM.exec(item);
  if (float === null) throw new SyntaxError(`expected a value, found ${JSON.stringify(item)}`);
  const start = number(float[1]!);
  if (float[3] === undefined) return [start];
  const step = float[2] === undefined ? 0 : number(float[2]);
  const values: number[] = [];
  let value = start;
  for (let i = 0; i <= Number(float[3]); i++) {
    values.push(value);
    value += step;
  }
  return values;
}

function histogramItem(match: RegExpExecArray): SequenceValue[] {
  let current = parseHistogram(match[1]!);
  const step = match[3] === undefined ? undefined : parseHistogram(match[3]);
  const values = [current];
  for (let i = 0; i < Number(match[4] ?? 0); i++) {
    if (step !== undefined) {
      const hint = current.counterResetHint;
      current = {
        ...combineHistograms(current, step, match[2] === '-' ? -1 : 1).histogram,
        counterResetHint: hint,
      };
    }
    values.push(current);
  }
  return values;
}

/** Reads `{{schema:1 sum:2 count:3 z_bucket:1 z_bucket_w:0.1 buckets:[1 2] offset:-1 ...}}`. */
function parseHistogram(text: string): FloatHistogram {
  const fields = new Map<string, string>();
  for (const match of text.slice(2, -2).matchAll(/([a-z_]+):(\[[^\]]*\]|\S+)/g)) {
    fields.set(match[1]!, match[2]!);
  }
  const numberOf = (key: string): number => number(fields.get(key) ?? '0');
  const list = (key: string): Float64Array => {
    const inner = fields.get(key)?.slice(1, -1).trim() ?? '';
    return inner === '' ? NO_BUCKETS : Float64Array.from(inner.split(/\s+/), number);
  };
  const positive = list('buckets');
  const negative = list('n_buckets');
  const span = (key: string, length: number): { offset: number; length: number }[] =>
    length === 0 ? [] : [{ offset: numberOf(key), length }];
  return {
    schema: numberOf('schema'),
    zeroThreshold: numberOf('z_bucket_w'),
    zeroCount: numberOf('z_bucket'),
    count: numberOf('count'),
    sum: numberOf('sum'),
    positiveSpans: span('offset', positive.length),
    positiveBuckets: positive,
    negativeSpans: span('n_offset', negative.length),
    negativeBuckets: negative,
    customValues: list('custom_values'),
    counterResetHint: (fields.get('counter_reset_hint') ?? 'unknown') as CounterResetHint,
  };
}

/** Reads one number of the language, with an optional sign. */
export function number(text: string): number {
  const value = parseGoFloat(text) ?? durationSeconds(text);
  if (value === undefined) throw new SyntaxError(`expected a number, found ${JSON.stringify(text)}`);
  return value;
}

function durationSeconds(text: string): number | undefined {
  try {
    const sign = text.startsWith('-') ? -1 : 1;
    return (sign * parseDuration(text.replace(/^[+-]/, ''))) / 1000;
  } catch {
    return undefined;
  }
}

const DURATION = '(?:\\d+(?:ms|[smhdwy]))+|0';
const OFFSET_ITEM = new RegExp(`^([+-]?(?:${DURATION}))(?:([+-](?:${DURATION}))?x(\\d+))?$`);

function parseOffset(item: string): (number | undefined)[] {
  const blank = /^_(?:x(\d+))?$/.exec(item);
  if (blank !== null) return Array.from({ length: Number(blank[1] ?? 1) }, () => undefined);
  const match = OFFSET_ITEM.exec(item);
  if (match === null) throw new SyntaxError(`expected a duration, found ${JSON.stringify(item)}`);
  const start = Math.round(number(match[1]!) * 1000);
  if (match[3] === undefined) return [start];
  const step = match[2] === undefined ? 0 : Math.round(number(match[2]) * 1000);
  return Array.from({ length: Number(match[3]) + 1 }, (_, i) => start + i * step);
}
