const UNITS: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '1': '',
  '%': 'percent',
};
const PER_UNITS: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

/**
 * The Prometheus name of an OpenTelemetry metric, as Prometheus's UnderscoreEscapingWithSuffixes makes it: other
 * characters become underscores, the unit and `_total` or `_ratio` are added where they are not there.
 */
export function metricName(name: string, unit: string, kind: 'gauge' | 'counter' | 'other'): string {
  const tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');
  const [main = '', per = ''] = unit.split('/', 2).map((part) => part.trim());
  for (const suffix of [unitName(main, UNITS), perName(per)]) {
    const missing = suffix.split('_').filter((token) => token !== '');
    if (missing.length > 0 && !missing.every((token) => tokens.includes(token))) tokens.push(...missing);
  }
  if (kind === 'counter') moveToEnd(tokens, 'total');
  if (kind === 'gauge' && unit === '1') moveToEnd(tokens, 'ratio');
  const joined = tokens.join('_');
  return /^\d/.test(joined) ? `_${joined}` : joined;
}

/** The Prometheus name of an attribute. */
export function labelName(attribute: string): string {
  const name = attribute.replaceAll(/[^a-zA-Z0-9_]/g, '_');
  if (/^\d/.test(name)) return `key_${name}`;
  return /^_[^_]/.test(name) ? `key${name}` : name;
}

function unitName(unit: string, names: Readonly<Record<string, string>>): string {
  if (unit === '' || /[{}]/.test(unit)) return '';
  return (names[unit] ?? unit).replaceAll(/[^a-zA-Z0-9]+/g, '_');
}

function perName(unit: string): string {
  const name = unitName(unit, PER_UNITS);
  return name === '' ? '' : `per_${name}`;
}

function moveToEnd(tokens: string[], token: string): void {
  const at = tokens.indexOf(token);
  if (at >= 0) tokens.splice(at, 1);
  tokens.push(token);
}
