import { AnchoredRegex, formatGoFloat, parseDuration, parseGoFloat } from '@binnacle/model';
import { MetricsServerError } from '../errors.ts';

export type TemplateValue = string | number;

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
      match: ([pattern, text]) => String(unanchored(String(pattern)).test(String(text))),
      parseDuration: ([text]) => parseDuration(String(text)) / 1000,
      printf: ([format, ...args]) => printf(String(format), args),
    } satisfies Record<string, (args: readonly TemplateValue[]) => TemplateValue>),
  );

/** A value as Go prints it: numbers in the shortest digits, with an exponent from a million on. */
export function templateText(value: TemplateValue): string {
  if (typeof value !== 'number') return value;
  const size = Math.abs(value);
  const isPlain = size === 0 || !Number.isFinite(size) || (size >= 1e-4 && size < 1e6);
  return formatGoFloat(value, isPlain ? 'f' : 'e');
}

function numberOf(value: TemplateValue | undefined): number {
  const number = typeof value === 'number' ? value : parseGoFloat(value ?? '');
  if (number !== undefined) return number;
  throw new MetricsServerError('METRICS_TEMPLATE', `expected a number, found ${JSON.stringify(value)}`);
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
