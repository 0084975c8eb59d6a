import { Labels, METRIC_NAME, parseGoFloat } from '@binnacle/model';
import { TsdbError } from '../errors.ts';

/** One sample line: its series, value and time in milliseconds. */
export interface OpenMetricsSample {
  readonly labels: Labels;
  readonly value: number;
  readonly timestampMs: number;
  /** Where in the text the line ends. */
  readonly end: number;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/**
 * Reads the sample lines of OpenMetrics text (https://prometheus.io/docs/specs/om/open_metrics_spec/), which must all
 * have timestamps and end with `# EOF`. Names may be quoted inside the braces. Exemplars are skipped. Throws
 * TSDB_BAD_IMPORT with the line number.
 */
export function* parseOpenMetrics(text: string): IterableIterator<OpenMetricsSample> {
  let at = 0;
  let hasEnd = false;
  for (let line = 1; at < text.length; line++) {
    const end = text.indexOf('\n', at);
    const content = text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length : end + 1;
    if (content === '# EOF') {
      hasEnd = true;
      if (at < text.length) throw lineError(line + 1, 'nothing after # EOF', text.slice(at, at + 40));
    } else if (content !== '' && !content.startsWith('#')) yield { ...parseLine(content, line), end: at };
  }
  if (!hasEnd)
    throw new TsdbError('TSDB_BAD_IMPORT', 'expected OpenMetrics text to end with # EOF, found the end');
}

function parseLine(line: string, number: number): Omit<OpenMetricsSample, 'end'> {
  const pairs: [string, string][] = [];
  let at = 0;
  while (at < line.length && line[at] !== '{' && line[at] !== ' ') at++;
  if (at > 0) pairs.push([METRIC_NAME, line.slice(0, at)]);
  if (line[at] === '{') at = parseLabels(line, at + 1, number, pairs);
  const [, value, time, rest] = /^ (\S+)(?: (\S+))?( # .*)?$/.exec(line.slice(at)) ?? [];
  if (value === undefined) throw lineError(number, 'a value and a timestamp', line.slice(at));
  const parsed = parseGoFloat(value);
  if (parsed === undefined) throw lineError(number, 'a number as the value', value);
  const seconds = time === undefined ? undefined : parseGoFloat(time);
  if (seconds === undefined || !Number.isFinite(seconds))
    throw lineError(number, 'a timestamp in seconds', time ?? rest ?? 'none');
  return { labels: Labels.from(pairs), value: parsed, timestampMs: Math.round(seconds * 1000) };
}

/** Reads `name="value",...}`; a quoted text without a value is the metric's name. Returns the place after the brace. */
function parseLabels(line: string, at: number, number: number, pairs: [string, string][]): number {
  while (line[at] !== '}') {
    let name: string;
    if (line[at] === '"') [name, at] = parseQuoted(line, at, number);
    else {
      const from = at;
      while (at < line.length && /[a-zA-Z0-9_:]/.test(line[at]!)) at++;
      name = line.slice(from, at);
    }
    if (name === '') throw lineError(number, 'a label name', line.slice(at, at + 20));
    if (line[at] === '=') {
      const [value, next] = parseQuoted(line, at + 1, number);
      pairs.push([name, value]);
      at = next;
    } else pairs.push([METRIC_NAME, name]);
    if (line[at] === ',') at++;
    else if (line[at] !== '}') throw lineError(number, 'a comma or a closing brace', line.slice(at, at + 20));
  }
  return at + 1;
}

function parseQuoted(line: string, at: number, number: number): [string, number] {
  if (line[at] !== '"') throw lineError(number, 'a quoted text', line.slice(at, at + 20));
  let text = '';
  for (at++; line[at] !== '"'; at++) {
    if (at >= line.length) throw lineError(number, 'a closing quote', 'the end of the line');
    if (line[at] === '\\') {
      at++;
      text += ESCAPES[line[at] ?? ''] ?? `\\${line[at]}`;
    } else text += line[at];
  }
  return [text, at + 1];
}

function lineError(line: number, expected: string, found: string): TsdbError {
  return new TsdbError(
    'TSDB_BAD_IMPORT',
    `expected ${expected} in line ${line}, found ${JSON.stringify(found)}`,
  );
}
