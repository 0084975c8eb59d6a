import { METRIC_NAME, type Labels } from '@binnacle/model';
import { ExpositionError } from './errors.ts';
import type { ExpositionHandler, MetadataKind, SeriesRef } from './handler.ts';
import { parseFloatBytes } from './number.ts';
import { parseSeriesText, seriesTextEnd, unescape } from './seriesText.ts';

const TYPES = new Set([
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
  'unknown',
  'untyped',
]);

/** A sample or exemplar without a time. */
export const NO_TIMESTAMP = NaN;

/** A TYPE, HELP or UNIT line. */
export interface Comment {
  readonly family: string;
  readonly kind: MetadataKind;
  readonly text: string;
}

/** A TYPE, HELP or UNIT line; undefined for any other comment, which only the text formats allow. */
export function parseComment(
  body: Uint8Array,
  start: number,
  end: number,
  line: number,
  strict: boolean,
): Comment | undefined {
  let position = skipBlanks(body, start, end);
  let tokenEnd = blankOrEnd(body, position, end);
  const kind = textOf(body, position, tokenEnd).toLowerCase();
  if (kind !== 'type' && kind !== 'help' && kind !== 'unit') {
    if (strict) throw bad('TYPE, HELP, UNIT or EOF behind #', kind, line);
    return undefined;
  }
  position = skipBlanks(body, tokenEnd, end);
  const isQuoted = body[position] === 34;
  tokenEnd = isQuoted ? closingQuote(body, position, end, line) : blankOrEnd(body, position, end);
  const name = textOf(body, position, tokenEnd);
  if (name === '') throw bad(`a metric name behind ${kind.toUpperCase()}`, 'none', line);
  const family = isQuoted ? unescape(name.slice(1, -1)) : name;
  const text = textOf(body, skipBlanks(body, tokenEnd, end), end);
  return { family, kind, text: metadataText(kind, text, line) };
}

function metadataText(kind: string, text: string, line: number): string {
  if (kind === 'help') return unescape(text);
  const trimmed = text.trim();
  if (kind === 'unit') return trimmed;
  if (!TYPES.has(trimmed)) throw bad(`a metric type (${[...TYPES].join(', ')})`, trimmed, line);
  return trimmed === 'untyped' ? 'unknown' : trimmed;
}

/** The exemplar behind a sample's `#`. */
export function readExemplar(
  body: Uint8Array,
  start: number,
  end: number,
  line: number,
  ref: SeriesRef,
  handler: ExpositionHandler,
): void {
  if (body[start] !== 123) throw bad('{ and the labels of an exemplar', textOf(body, start, end), line);
  const labelsEnd = seriesTextEnd(body, start, end);
  if (labelsEnd < 0) throw bad('a value behind the labels of an exemplar', 'the end of the line', line);
  const labels: Labels = parseSeriesText(body, start, labelsEnd, line, true);
  let position = skipBlanks(body, labelsEnd, end);
  let tokenEnd = blankOrEnd(body, position, end);
  const value = parseFloatBytes(body, position, tokenEnd);
  if (value === undefined) throw bad("an exemplar's value", textOf(body, position, tokenEnd), line);
  position = skipBlanks(body, tokenEnd, end);
  tokenEnd = blankOrEnd(body, position, end);
  const timestampMs = position < end ? timestampOf(body, position, tokenEnd, true, line) : NO_TIMESTAMP;
  if (skipBlanks(body, tokenEnd, end) < end)
    throw bad('the end of the line', textOf(body, tokenEnd, end), line);
  if (ref >= 0) handler.exemplar(ref, labels.without(METRIC_NAME), value, timestampMs);
}

/** Milliseconds: the text formats write them as whole numbers, OpenMetrics writes seconds with a fraction. */
export function timestampOf(
  body: Uint8Array,
  start: number,
  end: number,
  openMetrics: boolean,
  line: number,
): number {
  const value = parseFloatBytes(body, start, end);
  const isBad = value === undefined || !Number.isFinite(value) || (!openMetrics && !Number.isInteger(value));
  if (isBad)
    throw bad(
      openMetrics ? 'a timestamp in seconds' : 'a timestamp in whole milliseconds',
      textOf(body, start, end),
      line,
    );
  return openMetrics ? Math.round(value * 1000) : value;
}

function closingQuote(body: Uint8Array, start: number, end: number, line: number): number {
  for (let i = start + 1; i < end; i++) {
    if (body[i] === 92) i++;
    else if (body[i] === 34) return i + 1;
  }
  throw bad('a closing quote', textOf(body, start, end), line);
}

/** Position of the first byte that is no blank. */
export function skipBlanks(body: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && (body[position] === 32 || body[position] === 9)) position++;
  return position;
}

/** Position of the next blank. */
export function blankOrEnd(body: Uint8Array, start: number, end: number): number {
  let position = start;
  while (position < end && body[position] !== 32 && body[position] !== 9) position++;
  return position;
}

const decoder = new TextDecoder();

/** UTF-8 text of a range. */
export function textOf(body: Uint8Array, start: number, end: number): string {
  return decoder.decode(body.subarray(start, end));
}

/** What a line should have had, and what it has. */
export function bad(expected: string, found: string, line: number): ExpositionError {
  return new ExpositionError(
    'EXPOSITION_BAD_SYNTAX',
    `expected ${expected}, found ${JSON.stringify(found.slice(0, 80))}`,
    line,
  );
}
