import { encodeUtf8 } from '../codec/bytes.ts';

/** FNV-1a with a final mix, over bytes; the same text gives the same hash everywhere, also in block files. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return mix(hash);
}

/** hashBytes of a string's UTF-8. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 128) {
      const bytes = encodeUtf8(text);
      return hashBytes(bytes, 0, bytes.length);
    }
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  return mix(hash);
}

/** Adds one more hash to a running one; order counts. */
export function combineHash(hash: number, next: number): number {
  return mix(Math.imul(hash, 31) + next);
}

function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return (hash ^ (hash >>> 16)) >>> 0;
}
