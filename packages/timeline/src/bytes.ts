import type { Bytes } from './contract.ts';

/** Text whose bytes are the text itself: most keys and members are, and need no buffer. */
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/** Bytes of a buffer, or of a text in UTF-8. */
export function bytesOf(value: Uint8Array | string): Bytes {
  if (typeof value !== 'string') {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
  }
  return ASCII.test(value) ? value : Buffer.from(value, 'utf8').toString('latin1');
}

/** The buffer of bytes. */
export function bufferOf(bytes: Bytes): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** The text of bytes that are UTF-8; other bytes become replacement characters. */
export function textOf(bytes: Bytes): string {
  return ASCII.test(bytes) ? bytes : bufferOf(bytes).toString('utf8');
}
