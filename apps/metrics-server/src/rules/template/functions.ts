import {
  AnchoredRegex,
  compareUtf8,
  formatGoFloat,
  Labels,
  parseDuration,
  parseGoFloat,
} from '@binnacle/model';
import { MetricsServerError } from '../errors.ts';
import type { RuleSample } from './rule.ts';
import { fieldOf, isSample, isTrue, templateText, type TemplateValue } from './templateValue.ts';

/** Functions of alert templates, by name; arguments in the order of Go's, a piped value last. */
export const TEMPLATE_FUNCTIONS: ReadonlyMap<string, (args: readonly TemplateValue[]) => TemplateValue> =
  new Map(
    Object.entries({
      humanize: ([value]) =>
        scaled(numberOf(value), 1000, ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'], true),
      humanize1024: ([value]) =>
        scaled(numberOf(value), 1024, ['', 'ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'], false),
      humanizeDuration: ([value]) => humanizeDuration(numberOf(value)),
      humanizePercentage: ([value]) => `${significant(numberOf(value) * 100)}%`,
      humanizeTimestamp: ([value]) => {
        const seconds = numberOf(value);
        return Number.isFinite(seconds)
          ? `${new Date(seconds * 1000)
              .toISOString()
              .replace('T', ' ')
              .replace(/\.?0*Z$/, '')} +0000 UTC`
          : significant(seconds);
      },
      toUpper: ([text]) => String(text).toUpperCase(),
      toLower: ([text]) => String(text).toLowerCase(),
      title: ([text]) => String(text).replaceAll(/(^|\s)\S/g, (first) => first.toUpperCase()),
      stripPort: ([text]) => String(text).replace(/:\d+$/, ''),
      match: ([pattern, text]) => unanchored(String(pattern)).test(String(text)),
      reReplaceAll: ([pattern, by, text]) => replaceAll(String(pattern), String(by), String(text)),
      first: ([list]) => {
        const [sample] = samplesOf(list);
        if (sample === undefined) throw bad('first() called on vector with no elements');
        return sample;
      },
      value: ([sample]) => sampleOf(sample).value,
      label: ([name, sample]) => sampleOf(sample).labels.get(String(name)),
      strvalue: ([sample]) => sampleOf(sample).labels.get('__value__'),
      sortByLabel: ([name, list]) =>
        samplesOf(list).toSorted((a, b) =>
          compareUtf8(a.labels.get(String(name)), b.labels.get(String(name))),
        ),
      safeHtml: ([text]) => text,
      graphLink: ([query]) => link(query, 0),
      tableLink: ([query]) => link(query, 1),
      print: (args) => args.map(templateText).join(''),
      println: (args) => `${args.map(templateText).join(' ')}\n`,
      urlquery: (args) => encodeURIComponent(args.map(templateText).join('')).replaceAll('%20', '+'),
      len: ([value]) => lengthOf(value),
      index: ([value, key]) => (Array.isArray(value) ? value[numberOf(key)] : fieldOf(value, [String(key)])),
      not: ([value]) => !isTrue(value),
      and: (args) => args.find((each) => !isTrue(each)) ?? args.at(-1),
      or: (args) => args.find(isTrue) ?? args.at(-1),
      eq: ([first, ...others]) => others.some((each) => each === first),
      ne: ([a, b]) => a !== b,
      lt: ([a, b]) => order(a, b) < 0,
      le: ([a, b]) => order(a, b) <= 0,
      gt: ([a, b]) => order(a, b) > 0,
      ge: ([a, b]) => order(a, b) >= 0,
      parseDuration: ([text]) => parseDuration(String(text)) / 1000,
      printf: ([format, ...args]) => printf(String(format), args),
    } satisfies Record<string, (args: readonly TemplateValue[]) => TemplateValue>),
  );

function numberOf(value: TemplateValue): number {
  const number = typeof value === 'string' ? parseGoFloat(value) : value;
  if (typeof number === 'number') return number;
  throw bad(`expected a number, found ${JSON.stringify(templateText(value))}`);
}

function samplesOf(value: TemplateValue): readonly RuleSample[] {
  if (Array.isArray(value)) return value as readonly RuleSample[];
  throw bad(`expected what a query gives, found ${templateText(value)}`);
}

function sampleOf(value: TemplateValue): RuleSample {
  if (isSample(value)) return value;
  throw bad(`expected an element of a query's result, found ${templateText(value)}`);
}

function lengthOf(value: TemplateValue): number {
  if (Array.isArray(value)) return value.length;
  if (value instanceof Labels) return value.size;
  return Buffer.byteLength(String(value ?? ''));
}

/** Negative, zero or positive. Texts are compared with texts, and numbers with numbers. */
function order(a: TemplateValue, b: TemplateValue): number {
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  throw bad(`incompatible types for comparison: ${templateText(a)} and ${templateText(b)}`);
}

function link(query: TemplateValue, tab: 0 | 1): string {
  const expression = encodeURIComponent(templateText(query)).replaceAll('%20', '+');
  return `/graph?g0.expr=${expression}&g0.tab=${tab}`;
}

/** Go's ReplaceAllString: every match from left to right, `$1` and `${name}` for its groups. */
function replaceAll(pattern: string, by: string, text: string): string {
  const regex = new AnchoredRegex(`(?s:(?P<before__>.*?))(?P<match__>${pattern})(?s:(?P<after__>.*))`);
  let result = '';
  for (let rest = text; ;) {
    const groups = regex.groups(rest);
    if (groups === undefined) return result + rest;
    const { before__: before = '', match__: match = '', after__: after = '' } = groups.named;
    const numbered = [match, ...groups.numbered.slice(3, -1)];
    result +=
      before +
      by.replaceAll(/\$(?:\{(\w+)\}|(\w+)|\$)/g, (all, braced?: string, bare?: string) => {
        if (all === '$$') return '$';
        const name = braced ?? bare ?? '';
        return /^\d+$/.test(name) ? (numbered[Number(name)] ?? '') : (groups.named[name] ?? '');
      });
    if (match !== '') {
      rest = after;
      if (rest === '') return result;
      continue;
    }
    if (after === '') return result;
    const [first] = after;
    result += first;
    rest = after.slice(first!.length);
  }
}

function bad(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_TEMPLATE', message);
}

/** Go's %.4g. */
function significant(value: number): string {
  if (!Number.isFinite(value)) return formatGoFloat(value);
  if (value === 0) return '0';
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  const text = exponent < -4 || exponent >= 4 ? value.toExponential(3) : value.toPrecision(4);
  const [mantissa, power] = text.split('e') as [string, string | undefined];
  const short = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return power === undefined ? short : `${short}e${power.replace(/^([+-])(\d)$/, '$10$2')}`;
}

function scaled(value: number, base: number, prefixes: readonly string[], small: boolean): string {
  if (value === 0 || !Number.isFinite(value)) return significant(value);
  let rest = value;
  if (Math.abs(value) < 1 && small) {
    const fractions = ['', 'm', 'u', 'n', 'p', 'f', 'a', 'z', 'y'];
    let at = 0;
    while (Math.abs(rest) < 1 && at < fractions.length - 1) {
      rest *= base;
      at++;
    }
    return significant(rest) + fractions[at]!;
  }
  let at = 0;
  while (Math.abs(rest) >= base && at < prefixes.length - 1) {
    rest /= base;
    at++;
  }
  return significant(rest) + prefixes[at]!;
}

function humanizeDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return significant(seconds);
  const sign = seconds < 0 ? '-' : '';
  const absolute = Math.abs(seconds);
  if (absolute === 0) return '0s';
  if (absolute < 1) return scaledSeconds(seconds);
  const whole = Math.floor(absolute);
  const days = Math.floor(whole / 86_400);
  const hours = Math.floor(whole / 3600) % 24;
  const minutes = Math.floor(whole / 60) % 60;
  if (days > 0) return `${sign}${days}d ${hours}h ${minutes}m ${whole % 60}s`;
  if (hours > 0) return `${sign}${hours}h ${minutes}m ${whole % 60}s`;
  if (minutes > 0) return `${sign}${minutes}m ${whole % 60}s`;
  return `${significant(seconds)}s`;
}

function scaledSeconds(seconds: number): string {
  return `${scaled(seconds, 1000, [''], true)}s`;
}

function unanchored(pattern: string): AnchoredRegex {
  return new AnchoredRegex(`(?s:.*?)(?:${pattern})(?s:.*)`);
}

/** The verbs %s, %v, %d, %f, %e, %g, %q and %% with width and precision. */
function printf(format: string, args: readonly TemplateValue[]): string {
  let next = 0;
  return format.replaceAll(
    /%([-+0 ]*)(\d*)(?:\.(\d+))?([a-z%])/g,
    (all, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = args[next++];
      if (value === undefined) return `%!${verb}(MISSING)`;
      const text = formatVerb(verb, value, precision === undefined ? undefined : Number(precision)) ?? all;
      if (flags.includes('-')) return text.padEnd(Number(width));
      return text.padStart(Number(width), flags.includes('0') ? '0' : ' ');
    },
  );
}

function formatVerb(verb: string, value: TemplateValue, precision: number | undefined): string | undefined {
  switch (verb) {
    case 's':
    case 'v':
      return templateText(value);
    case 'q':
      return JSON.stringify(String(value));
    case 'd':
      return String(Math.trunc(numberOf(value)));
    case 'f':
      return finiteOr(numberOf(value), (number) => number.toFixed(precision ?? 6));
    case 'e':
      return finiteOr(numberOf(value), (number) =>
        number.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2'),
      );
    case 'g':
      return precision === undefined
        ? templateText(numberOf(value))
        : finiteOr(numberOf(value), (number) => String(Number(number.toPrecision(precision || 1))));
    default:
      return undefined;
  }
}

function finiteOr(value: number, format: (value: number) => string): string {
  return Number.isFinite(value) ? format(value) : formatGoFloat(value);
}
