import type { Labels } from '@binnacle/model';
import { LabelsBuilder, METRIC_NAME } from '@binnacle/model';
import { ExpositionError } from './errors.ts';

const MAX_LABELS = 1000;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * Labels of a series as it stands in a line: `name`, `name{a="b"}`, or with a quoted name `{"my.name",a="b"}`.
 * `isExemplar` is true for the label part of an exemplar. Names of labels that are there with an empty value are no part
 * of the result; they go to `emptyNames`. Throws ExpositionError.
 */
export function parseSeriesText(
  bytes: Uint8Array,
  start: number,
  end: number,
  line: number,
  isExemplar = false,
  emptyNames: string[] = [],
): Labels {
  const builder = new LabelsBuilder();
  let position = start;
  const fail = (expected: string): never => {
    const found = JSON.stringify(
      new TextDecoder().decode(bytes.subarray(position, Math.min(end, position + 20))),
    );
    throw new ExpositionError('EXPOSITION_BAD_SYNTAX', `expected ${expected}, found ${found}`, line);
  };
  const skipBlanks = (): void => {
    while (position < end && (bytes[position] === 32 || bytes[position] === 9)) position++;
  };
  const text = (from: number, to: number): string => {
    try {
      return decoder.decode(bytes.subarray(from, to));
    } catch {
      return fail('valid UTF-8');
    }
  };
  const quoted = (): string => {
    const from = ++position;
    let escaped = false;
    while (position < end && bytes[position] !== 34) {
      if (bytes[position] === 92) {
        escaped = true;
        position++;
      }
      position++;
    }
    if (position >= end) fail('a closing quote');
    const raw = text(from, position++);
    return escaped ? unescape(raw) : raw;
  };
  const bareName = (allowColon: boolean): string => {
    const from = position;
    while (position < end && isNameByte(bytes[position]!, allowColon, position > from)) position++;
    if (position === from) fail('a name');
    return text(from, position);
  };

  if (bytes[position] !== 123) {
    builder.set(METRIC_NAME, bareName(true));
    skipBlanks();
  }
  if (position < end) {
    if (bytes[position] !== 123) fail('{ or a value');
    position++;
    for (let count = 0; ; count++) {
      if (count > MAX_LABELS) {
        throw new ExpositionError(
          'EXPOSITION_TOO_LARGE',
          `expected at most ${MAX_LABELS} labels, found more`,
          line,
        );
      }
      skipBlanks();
      if (bytes[position] === 125) break;
      const isQuoted = bytes[position] === 34;
      const name = isQuoted ? quoted() : bareName(false);
      skipBlanks();
      if (bytes[position] === 61) {
        position++;
        skipBlanks();
        if (bytes[position] !== 34) fail('a quoted label value');
        if (builder.get(name) !== '') fail(`each label once, but ${name} again`);
        const value = quoted();
        if (value === '') emptyNames.push(name);
        else builder.set(name, value);
      } else if (isQuoted && builder.get(METRIC_NAME) === '' && !isExemplar) {
        builder.set(METRIC_NAME, name);
      } else {
        fail('= behind a label name');
      }
      skipBlanks();
      if (bytes[position] === 44) position++;
      else if (bytes[position] !== 125) fail(', or } behind a label');
    }
    position++;
    skipBlanks();
    if (position < end) fail('a value behind the labels');
  }
  if (!isExemplar && builder.get(METRIC_NAME) === '') {
    throw new ExpositionError('EXPOSITION_BAD_SYNTAX', 'expected a metric name, found labels only', line);
  }
  return builder.build();
}

/** Position behind the series text that starts at `start`: at the blank before the value. -1 when the line has no value. */
export function seriesTextEnd(bytes: Uint8Array, start: number, lineEnd: number): number {
  let position = start;
  let inBraces = false;
  for (; position < lineEnd; position++) {
    const byte = bytes[position]!;
    if (byte === 34 && inBraces) {
      position++;
      while (position < lineEnd && bytes[position] !== 34) position += bytes[position] === 92 ? 2 : 1;
    } else if (byte === 123) inBraces = true;
    else if (byte === 125 && inBraces) return position + 1;
    else if ((byte === 32 || byte === 9) && !inBraces) {
      // A blank may stand between the name and its braces.
      let next = position;
      while (bytes[next] === 32 || bytes[next] === 9) next++;
      if (bytes[next] !== 123) return position;
      position = next - 1;
    }
  }
  return -1;
}

/** Escapes of label values and help texts: \\, \" and \n; anything else stays as it is. */
export function unescape(text: string): string {
  return text.replace(/\\(["\\n])/g, (_, char: string) => (char === 'n' ? '\n' : char));
}

function isNameByte(byte: number, allowColon: boolean, notFirst: boolean): boolean {
  if ((byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 95) return true;
  if (byte === 58) return allowColon;
  return notFirst && byte >= 48 && byte <= 57;
}
