import { parseGoFloat } from '@binnacle/model';

/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, i) => 10 ** i);

/**
 * Reads a float from bytes [start, end). Up to 15 digits with at most 22 after the point are read in place, which is
 * exact: both the digits and the power are doubles, and one division rounds correctly. The rest goes through text, with
 * Go's rules. Undefined when it is no number.
 */
export function parseFloatBytes(bytes: Uint8Array, start: number, end: number): number | undefined {
  let position = start;
  let negative = false;
  const first = bytes[position];
  if (first === 45 || first === 43) {
    negative = first === 45;
    position++;
  }
  const digitsStart = position;
  let digits = 0;
  let pointAt = -1;
  for (; position < end; position++) {
    const byte = bytes[position]!;
    if (byte >= 48 && byte <= 57) digits = digits * 10 + (byte - 48);
    else if (byte === 46 && pointAt < 0) pointAt = position;
    else return throughText(bytes, start, end);
  }
  const count = end - digitsStart - (pointAt < 0 ? 0 : 1);
  if (count === 0 || count > 15) return throughText(bytes, start, end);
  const value = pointAt < 0 ? digits : digits / POWERS[end - pointAt - 1]!;
  return negative ? -value : value;
}

function throughText(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start > 400) return undefined;
  let text = '';
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return parseGoFloat(text);
}
