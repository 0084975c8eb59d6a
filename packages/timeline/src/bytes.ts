import type { Bytes } from './contract.ts';

/** Bytes of a buffer, or of a text in UTF-8. */
export function bytesOf(value: Uint8Array | string): Bytes {
  return typeof value === 'string'
    ? Buffer.from(value, 'utf8').toString('latin1')
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
}

/** The buffer of bytes. */
export function bufferOf(bytes: Bytes): Buffer {
  return Buffer.from(bytes, 'latin1');
}

/** The text of bytes that are UTF-8; other bytes become replacement characters. */
export function textOf(bytes: Bytes): string {
  return bufferOf(bytes).toString('utf8');
}
