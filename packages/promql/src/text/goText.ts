import { formatGoFloat } from '@binnacle/model';

/** A float as Go's `%g` and `%v` print it: the shortest digits, with an exponent below 1e-4 and from 1e6 on. */
export function formatG(value: number): string {
  const text = formatGoFloat(value, 'e');
  const split = text.indexOf('e');
  if (split < 0) return text;
  const exponent = Number(text.slice(split + 1));
  return exponent < -4 || exponent >= 6 ? text : formatGoFloat(value, 'f');
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\u000b': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/**
 * A string in double quotes as Go's `%q` prints it. Bytes that are not UTF-8 are carried in JavaScript strings as
 * the lone surrogates U+DC80 to U+DCFF (see unquote.ts) and come out as `\x80` to `\xff`.
 */
export function quote(text: string): string {
  if (/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/.test(text)) return `"${text}"`;
  let out = '"';
  for (const char of text) {
    const code = char.codePointAt(0)!;
    const escape = ESCAPES[char];
    if (escape !== undefined) out += escape;
    else if (code >= 0xdc80 && code <= 0xdcff) out += `\\x${(code - 0xdc00).toString(16)}`;
    else if (code < 0x20 || code === 0x7f) out += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (isPrintable(char)) out += char;
    else if (code > 0xffff) out += `\\U${code.toString(16).padStart(8, '0')}`;
    else out += `\\u${code.toString(16).padStart(4, '0')}`;
  }
  return `${out}"`;
}

/** True for text without the lone surrogates that stand for bytes which are not UTF-8. */
export function isValidUtf8(text: string): boolean {
  return text.isWellFormed();
}

/** Letters, marks, numbers, punctuation and symbols print as they are; other spaces and controls do not. */
function isPrintable(char: string): boolean {
  return char === ' ' || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char);
}
