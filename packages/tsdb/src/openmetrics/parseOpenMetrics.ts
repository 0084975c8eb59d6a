import { Labels, METRIC_NAME, parseGoFloat } from '@binnacle/model';
import { TsdbError } from '../errors.ts';

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };
const SPACE = 32;
const QUOTE = 34;
const BACKSLASH = 92;
const OPEN = 123;
const CLOSE = 125;

/** Where the series of a sample line ends: before the space behind its name or its closing brace. */
export function seriesEnd(line: string, number: number): number {
  let at = 0;
  for (let code = line.charCodeAt(at); code !== OPEN; code = line.charCodeAt(++at)) {
    if (code === SPACE || at >= line.length) return at;
  }
  let isQuoted = false;
  for (at++; at < line.length; at++) {
    const code = line.charCodeAt(at);
    if (code === QUOTE) isQuoted = !isQuoted;
    else if (code === BACKSLASH) at++;
    else if (code === CLOSE && !isQuoted) return at + 1;
  }
  throw lineError(number, 'a closing brace', line.slice(0, 40));
}

/** The labels of a series such as `name{label="value"}`; the name may stand in quotes inside the braces. */
export function parseSeries(text: string, number: number): Labels {
  const pairs: [string, string][] = [];
  const open = text.indexOf('{');
  const name = open < 0 ? text : text.slice(0, open);
  if (name !== '') pairs.push([METRIC_NAME, name]);
  if (open >= 0) parseLabels(text, open + 1, number, pairs);
  if (pairs.length === 0) throw lineError(number, 'the name of a metric', text);
  return Labels.from(pairs);
}

/** The value and the time in milliseconds that stand behind a series; an exemplar is passed by. */
export function parseValue(rest: string, number: number): readonly [value: number, timestampMs: number] {
  const [, value, time, other] = /^ (\S+)(?: (\S+))?( # .*)?$/.exec(rest) ?? [];
  if (value === undefined) throw lineError(number, 'a value and a timestamp', rest);
  const parsed = parseGoFloat(value);
  if (parsed === undefined) throw lineError(number, 'a number as the value', value);
  const seconds = time === undefined ? undefined : parseGoFloat(time);
  if (seconds === undefined || !Number.isFinite(seconds))
    throw lineError(number, 'a timestamp in seconds', time ?? other ?? 'none');
  return [parsed, Math.round(seconds * 1000)];
}

/** Reads `name="value",...}`; a quoted text without a value is the metric's name. */
function parseLabels(line: string, from: number, number: number, pairs: [string, string][]): void {
  let at = from;
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

/** TSDB_BAD_IMPORT with the number of the line. */
export function lineError(line: number, expected: string, found: string): TsdbError {
  return new TsdbError(
    'TSDB_BAD_IMPORT',
    `expected ${expected} in line ${line}, found ${JSON.stringify(found)}`,
  );
}
