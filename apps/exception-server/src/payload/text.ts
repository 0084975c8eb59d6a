import { createHash } from 'node:crypto';

/**
 * Text from a client made safe to store: lone surrogates become U+FFFD, NUL becomes U+2400 because PostgreSQL
 * refuses it, and what is longer than `maxLength` UTF-16 units is cut with an ellipsis.
 */
export function cleanText(text: string, maxLength: number): string {
  let clean = text.isWellFormed() ? text : text.toWellFormed();
  if (clean.length > maxLength) clean = `${cutAt(clean, maxLength - 1)}…`;
  return clean.includes('\0') ? clean.replaceAll('\0', '\u2400') : clean;
}

/** A key that fits: one that is too long keeps its beginning and gets a hash, so that two long keys stay two. */
export function cleanKey(key: string, maxLength: number): string {
  if (key.length <= maxLength) return cleanText(key, maxLength);
  const hash = createHash('sha256').update(key.toWellFormed()).digest('hex');
  return cleanText(`${cutAt(key.toWellFormed(), maxLength - hash.length - 1)}…${hash}`, maxLength);
}

function cutAt(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? length - 1 : length);
}
