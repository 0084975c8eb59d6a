/** What is wrong with a quoted string, in Go's words. */
export class UnquoteError extends Error {
  readonly code = 'PROMQL_BAD_STRING';
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\u000b',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/**
 * The content of a PromQL string literal with its quotes: `"..."` and `'...'` with Go's escapes, or a raw
 * `` `...` ``. `\x` and octal escapes are bytes; bytes that do not form UTF-8 become the lone surrogates U+DC80 to
 * U+DCFF, so that they survive and print as they came. Throws UnquoteError.
 */
export function unquote(literal: string): string {
  const quote = literal[0]!;
  const body = literal.slice(1, -1);
  if (quote === '`' || !body.includes('\\')) return body;
  const bytes: number[] = [];
  let text = '';
  const flush = (): void => {
    if (bytes.length > 0) text += decodeBytes(bytes.splice(0));
  };
  for (let i = 0; i < body.length;) {
    const char = body[i]!;
    if (char !== '\\') {
      flush();
      text += char;
      i++;
      continue;
    }
    const escape = readEscape(body, i, quote);
    if (escape.byte !== undefined) bytes.push(escape.byte);
    else {
      flush();
      text += escape.text;
    }
    i = escape.end;
  }
  flush();
  return text;
}

interface Escape {
  readonly end: number;
  readonly text: string;
  readonly byte: number | undefined;
}

/** Reads the escape that starts with the backslash at `at`. Throws UnquoteError. */
export function readEscape(source: string, at: number, quote: string): Escape {
  const kind = source[at + 1];
  if (kind === undefined) throw new UnquoteError('escape sequence not terminated');
  const simple = SIMPLE[kind];
  if (simple !== undefined && !((kind === '"' || kind === "'") && kind !== quote)) {
    return { end: at + 2, text: simple, byte: undefined };
  }
  const [digits, base, skip] = digitsOf(kind);
  if (digits === 0) {
    const rune = String.fromCodePoint(source.codePointAt(at + 1)!);
    throw new UnquoteError(`unknown escape sequence ${formatRune(rune)}`);
  }
  const start = at + 1 + skip;
  const text = source.slice(start, start + digits);
  const pattern = base === 8 ? /^[0-7]*/ : /^[0-9a-fA-F]*/;
  const valid = pattern.exec(text)![0].length;
  if (valid < digits) {
    if (start + valid >= source.length || source[start + valid] === quote) {
      throw new UnquoteError('escape sequence not terminated');
    }
    const rune = String.fromCodePoint(source.codePointAt(start + valid)!);
    throw new UnquoteError(`illegal character ${formatRune(rune)} in escape sequence`);
  }
  const value = Number.parseInt(text, base);
  const isByte = base === 8 || kind === 'x';
  if (isByte ? value > 255 : value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
    throw new UnquoteError('escape sequence is an invalid Unicode code point');
  }
  return {
    end: start + digits,
    text: isByte ? '' : String.fromCodePoint(value),
    byte: isByte ? value : undefined,
  };
}

/** Number of digits, their base and how many characters to skip before them. */
function digitsOf(kind: string): readonly [number, number, number] {
  if (kind >= '0' && kind <= '7') return [3, 8, 0];
  if (kind === 'x') return [2, 16, 1];
  if (kind === 'u') return [4, 16, 1];
  if (kind === 'U') return [8, 16, 1];
  return [0, 0, 0];
}

/** A character as Go's `%#U`: `U+0078 'x'`. */
function formatRune(rune: string): string {
  return `U+${rune.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')} '${rune}'`;
}

function decodeBytes(bytes: readonly number[]): string {
  let out = '';
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i]!;
    const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    const decoded = decodeStrictly(bytes.slice(i, i + size));
    if (decoded === undefined) {
      out += String.fromCharCode(0xdc00 + first);
      i++;
    } else {
      out += decoded;
      i += size;
    }
  }
  return out;
}

function decodeStrictly(bytes: readonly number[]): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
    return [...text].length === 1 ? text : undefined;
  } catch {
    return undefined;
  }
}
