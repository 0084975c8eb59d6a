/** What is known about one metric family. */
export interface Family {
  type: string | undefined;
  hasHelp: boolean;
  /** Series of the family, those of buckets included. */
  series: number;
  readonly labels: Set<string>;
}

/** Units that are not base units, and the base unit of each (https://prometheus.io/docs/practices/naming/). */
const OTHER_UNITS: Readonly<Record<string, string>> = {
  millis: 'seconds',
  milliseconds: 'seconds',
  microseconds: 'seconds',
  nanoseconds: 'seconds',
  minutes: 'seconds',
  hours: 'seconds',
  days: 'seconds',
  weeks: 'seconds',
  kelvins: 'celsius',
  fahrenheit: 'celsius',
  rankine: 'celsius',
  inches: 'meters',
  yards: 'meters',
  miles: 'meters',
  bits: 'bytes',
  calories: 'joules',
  pounds: 'grams',
  ounces: 'grams',
};
const PREFIXES =
  'pico nano micro milli centi deci deca hecto kilo kibi mega mibi giga gibi tera tebi peta pebi'.split(' ');
const BASE_UNITS = 'amperes bytes celsius grams joules meters metres seconds volts'.split(' ');
const ABBREVIATIONS = 's ms us ns sec b kb mb gb tb pb m h d'.split(' ');
const TYPES = ['counter', 'gauge', 'histogram', 'summary'];

/** What the naming practices of Prometheus say against metrics, a line each, sorted. */
export function lintMetrics(families: ReadonlyMap<string, Family>): string[] {
  return [...families]
    .flatMap(([name, family]) => lintFamily(name, family).map((problem) => `${name} ${problem}`))
    .sort();
}

function lintFamily(name: string, { type = 'untyped', hasHelp, labels }: Family): string[] {
  const problems: string[] = [];
  const words = name.split('_');
  if (!hasHelp) problems.push('no help text');
  const unit = words.find((word) => baseOf(word) !== undefined);
  if (unit !== undefined && baseOf(unit) !== unit) {
    problems.push(`use base unit "${baseOf(unit)}" instead of "${unit}"`);
  }
  if (type === 'counter' && !name.endsWith('_total')) {
    problems.push('counter metrics should have "_total" suffix');
  }
  if (type !== 'counter' && type !== 'untyped' && name.endsWith('_total')) {
    problems.push('non-counter metrics should not have "_total" suffix');
  }
  problems.push(...suffixProblems(name, type, labels));
  for (const word of TYPES) {
    if (words.includes(word)) problems.push(`metric name should not include type '${word}'`);
  }
  if (name.includes(':')) problems.push("metric names should not contain ':'");
  const camel = /[a-z][A-Z]/;
  if (camel.test(name)) problems.push("metric names should be written in 'snake_case' not 'camelCase'");
  if ([...labels].some((label) => camel.test(label))) {
    problems.push("label names should be written in 'snake_case' not 'camelCase'");
  }
  if (words.slice(1).some((word) => ABBREVIATIONS.includes(word.toLowerCase()))) {
    problems.push('metric names should not contain abbreviated units');
  }
  return problems;
}

function suffixProblems(name: string, type: string, labels: ReadonlySet<string>): string[] {
  if (type === 'untyped') return [];
  const problems: string[] = [];
  if (type !== 'histogram') {
    if (name.endsWith('_bucket')) problems.push('non-histogram metrics should not have "_bucket" suffix');
    if (labels.has('le')) problems.push('non-histogram metrics should not have "le" label');
  }
  if (type !== 'histogram' && type !== 'summary') {
    for (const suffix of ['_count', '_sum']) {
      if (name.endsWith(suffix)) {
        problems.push(`non-histogram and non-summary metrics should not have "${suffix}" suffix`);
      }
    }
  }
  if (type !== 'summary' && labels.has('quantile')) {
    problems.push('non-summary metrics should not have "quantile" label');
  }
  return problems;
}

/** The base unit of a unit such as `kilobytes` or `bytes`; undefined for other words. */
function baseOf(word: string): string | undefined {
  const prefixed = (unit: string): boolean => PREFIXES.some((prefix) => word === `${prefix}${unit}`);
  return OTHER_UNITS[word] ?? BASE_UNITS.find((unit) => word === unit || prefixed(unit));
}
