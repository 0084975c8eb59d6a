import { bufferOf, bytesOf } from './bytes.ts';
import type { Position } from './contract.ts';
import { TimelineError } from './errors.ts';

const SEPARATOR = 'A';
const BASE64URL = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?$/;
const MAX_BITS = 0xffff_ffff_ffff_ffffn;

/** Roshi's cursor: the IEEE 754 bits of the score in decimal, `A`, the member in base64url with padding. */
export function encodeRoshiCursor({ score, member }: Position): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, score);
  const encoded = bufferOf(member).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
  return `${bits.getBigUint64(0)}${SEPARATOR}${encoded}`;
}

/** Reads Roshi's cursor. The score may be any float64. Throws INVALID_CURSOR. */
export function decodeRoshiCursor(cursor: string): Position {
  const at = cursor.indexOf(SEPARATOR);
  if (at < 0) throw invalid(cursor, `a "${SEPARATOR}" between score and member`);
  const decimal = cursor.slice(0, at);
  const encoded = cursor.slice(at + 1);
  if (!/^[0-9]{1,20}$/.test(decimal) || BigInt(decimal) > MAX_BITS) {
    throw invalid(cursor, 'the 64 bits of the score as a decimal number');
  }
  if (!BASE64URL.test(encoded)) throw invalid(cursor, 'the member in base64url with padding');
  const bits = new DataView(new ArrayBuffer(8));
  bits.setBigUint64(0, BigInt(decimal));
  return { score: bits.getFloat64(0), member: bytesOf(Buffer.from(encoded, 'base64url')) };
}

function invalid(cursor: string, expected: string): TimelineError {
  return new TimelineError(
    'INVALID_CURSOR',
    `cursor: expected ${expected}, found ${JSON.stringify(cursor.slice(0, 80))}`,
  );
}
