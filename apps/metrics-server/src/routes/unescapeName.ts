const ESCAPED = /^U__/;
const LONGEST_CODE = 6;

/**
 * The name behind Prometheus's `U__` escaping of label names in paths: `_` is written `__`, and anything outside of
 * the old character set as its code point in hexadecimal between underscores. A text that is not so is the name.
 */
export function unescapeName(text: string): string {
  if (!ESCAPED.test(text)) return text;
  let name = '';
  for (let at = 3; at < text.length;) {
    if (text[at] !== '_') {
      name += text[at++];
      continue;
    }
    if (text[at + 1] === '_') {
      name += '_';
      at += 2;
      continue;
    }
    const end = text.indexOf('_', at + 1);
    const code = text.slice(at + 1, end);
    if (end < 0 || code.length > LONGEST_CODE || !/^[0-9a-fA-F]+$/.test(code)) return text;
    const point = Number.parseInt(code, 16);
    if (point > 0x10ffff) return text;
    name += String.fromCodePoint(point);
    at = end + 1;
  }
  return name;
}
