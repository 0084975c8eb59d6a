import { formatDuration, parseDuration } from '@binnacle/model';
import { formatSize, parseSize } from './size.ts';

/** One typed command-line flag. Made by `flag.string(...)` and its siblings. */
export interface Flag<T> {
  /** One sentence for `--help`. */
  readonly help: string;
  /** Heading in `--help`; the service's own flags stand under its name unless told otherwise. */
  readonly group?: string | undefined;
  /** Left out of `--help`. */
  readonly hidden: boolean;
  readonly required: boolean;
  /** A boolean takes no value: `--flag`, `--no-flag`. */
  readonly isBoolean: boolean;
  /** May be given several times; the values are collected. */
  readonly isRepeated: boolean;
  /** What stands for the value in `--help`, as `<duration>`. */
  readonly placeholder: string;
  readonly defaultValue: T;
  /** The default as a person would write it; undefined when there is none. */
  readonly defaultText: string | undefined;
  /** Reads one value. Throws an Error whose message says what was expected and found. */
  readonly parse: (text: string) => unknown;
}

/** Flags by name, without dashes: `{ 'storage.path': flag.string({ … }) }`. */
export type FlagDefinitions = Readonly<Record<string, Flag<unknown>>>;

/** Parsed values by flag name. */
export type FlagValues<F extends FlagDefinitions> = {
  readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never;
};

interface Options {
  help: string;
  group?: string;
  hidden?: boolean;
  placeholder?: string;
}
type Defaulted<T> = Options & { default: T };
type Required = Options & { required: true };

/**
 * The kinds of flag. With `default` or `required: true` the value is always there; with neither it may be
 * undefined.
 */
export const flag = {
  /** Any text. */
  string: ((options: Options & { default?: string; required?: true }) =>
    single(options, 'string', (text) => text, String)) as Kind<string>,

  /** A Prometheus duration such as `30s` or `1h30m`; the value is in milliseconds. */
  duration: ((options: Options & { default?: string; required?: true }) =>
    single(options, 'duration', parseDuration, formatDuration)) as Kind<number, string>,

  /** A size such as `512MB` (powers of 1024, as Prometheus has it); the value is in bytes. */
  size: ((options: Options & { default?: string; required?: true }) =>
    single(options, 'size', parseSize, formatSize)) as Kind<number, string>,

  /** A whole number between `min` and `max`. */
  int: ((options: Options & Range & { default?: number; required?: true }) =>
    single(options, 'int', (text) => parseInteger(text, options), String)) as Kind<number, number, Range>,

  /** One of `values`. */
  enum: enumFlag,

  /** `--flag`, `--no-flag`, `--flag=true`. False unless the default says otherwise. */
  boolean: (options: Options & { default?: boolean }): Flag<boolean> => ({
    ...common(options, ''),
    required: false,
    isBoolean: true,
    isRepeated: false,
    defaultValue: options.default ?? false,
    defaultText: String(options.default ?? false),
    parse: parseBoolean,
  }),

  /** May be given several times. */
  strings: (options: Options & { default?: readonly string[] }): Flag<readonly string[]> => ({
    ...common(options, 'string'),
    required: false,
    isBoolean: false,
    isRepeated: true,
    defaultValue: options.default ?? [],
    defaultText: options.default?.join(', '),
    parse: (text) => text,
  }),
} as const;

interface Range {
  min?: number;
  max?: number;
}

/** The three signatures of a kind: with a default, required, and neither. */
interface Kind<T, Default = T, Extra = unknown> {
  (options: Defaulted<Default> & Extra): Flag<T>;
  (options: Required & Extra): Flag<T>;
  (options: Options & Extra): Flag<T | undefined>;
}

function enumFlag<const V extends string>(
  options: (Defaulted<NoInfer<V>> | Required) & { values: readonly V[] },
): Flag<V>;
function enumFlag<const V extends string>(options: Options & { values: readonly V[] }): Flag<V | undefined>;
function enumFlag<const V extends string>(
  options: Options & { default?: V; required?: true; values: readonly V[] },
): Flag<V | undefined> {
  const { values } = options;
  const parse = (text: string): V => {
    const found = values.find((value) => value === text);
    if (found === undefined) {
      throw new Error(`expected one of ${values.join(', ')}; found ${JSON.stringify(text)}`);
    }
    return found;
  };
  return single({ placeholder: values.join('|'), ...options }, '', parse, String);
}

function single<T>(
  options: Options & { default?: string | number; required?: true },
  placeholder: string,
  parse: (text: string) => T,
  format: (value: T) => string,
): Flag<T | undefined> {
  const defaultValue = options.default === undefined ? undefined : parse(String(options.default));
  return {
    ...common(options, placeholder),
    required: options.required ?? false,
    isBoolean: false,
    isRepeated: false,
    defaultValue,
    defaultText: defaultValue === undefined ? undefined : format(defaultValue),
    parse,
  };
}

function common(options: Options, placeholder: string) {
  const { help, group, hidden = false } = options;
  return { help, group, hidden, placeholder: options.placeholder ?? placeholder };
}

function parseBoolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Error(`expected true or false; found ${JSON.stringify(text)}`);
}

function parseInteger(text: string, { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER }: Range) {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  const bounded = min !== Number.MIN_SAFE_INTEGER || max !== Number.MAX_SAFE_INTEGER;
  const range = bounded ? ` ${describeRange(min, max)}` : '';
  throw new Error(`expected a whole number${range}; found ${JSON.stringify(text)}`);
}

function describeRange(min: number, max: number): string {
  if (max === Number.MAX_SAFE_INTEGER) return `of at least ${min}`;
  if (min === Number.MIN_SAFE_INTEGER) return `of at most ${max}`;
  return `between ${min} and ${max}`;
}
