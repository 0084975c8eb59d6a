import { bufferOf, type Bytes } from '@binnacle/timeline';

/**
 * Bytes as encoding/json of Go writes a string: HTML characters and the line separators escaped, every byte that is
 * not UTF-8 as `\ufffd`.
 */
export function goJsonString(bytes: Bytes): string {
  // oxlint-disable-next-line no-control-regex
  if (/^[\x20-\x7e]*$/.test(bytes)) return JSON.stringify(bytes).replace(/[<>&]/g, escapeUnit);
  return `"${textWithEscapes(bufferOf(bytes))}"`;
}

function textWithEscapes(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += '\\ufffd';
      at++;
      continue;
    }
    const character = bytes.toString('utf8', at, at + length);
    // oxlint-disable-next-line no-control-regex
    text += /[\x00-\x1f"\\<>&\u2028\u2029]/.test(character) ? escapeCharacter(character) : character;
    at += length;
  }
  return text;
}

/** Length of the UTF-8 sequence at a place; 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  const character = bytes.toString('utf8', at, at + length);
  return Buffer.byteLength(character) === length && !character.includes('\ufffd')
    ? length
    : isReplacement(bytes, at);
}

/** U+FFFD itself is a valid sequence. */
function isReplacement(bytes: Buffer, at: number): number {
  return bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd ? 3 : 0;
}

const SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

function escapeCharacter(character: string): string {
  return SHORT[character] ?? escapeUnit(character);
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
