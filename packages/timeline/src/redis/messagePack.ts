import type { Bytes } from '../contract.ts';

/**
 * The part of MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) that the program in Redis and its
 * callers talk in: lists of texts, whose bytes have one UTF-16 unit each.
 */
export interface PackedItems {
  readonly items: string;
  readonly count: number;
}

/** One list of the items of all parts. */
export function packList(parts: readonly PackedItems[]): string {
  let items = '';
  let count = 0;
  for (const part of parts) {
    items += part.items;
    count += part.count;
  }
  return `\xdd${bigEndian(count, 4)}${items}`;
}

/** A text of at most 65,535 bytes. */
export function packText(text: Bytes): string {
  const { length } = text;
  if (length < 0x20) return String.fromCharCode(0xa0 | length) + text;
  if (length < 0x100) return String.fromCharCode(0xd9, length) + text;
  return `\xda${bigEndian(length, 2)}${text}`;
}

/** The text that stands at a place, and where it ends; undefined where there is none. */
export function readText(
  text: string,
  at: number,
): { readonly value: string; readonly end: number } | undefined {
  const header = text.charCodeAt(at);
  let start = at + 1;
  let length = header & 0x1f;
  if (header < 0xa0 || header > 0xbf) {
    if (header < 0xd9 || header > 0xdb) return undefined;
    const size = header === 0xd9 ? 1 : header === 0xda ? 2 : 4;
    length = readSize(text, start, size);
    start += size;
  }
  return { value: text.slice(start, start + length), end: start + length };
}

/** A big-endian unsigned number. */
export function readSize(text: string, at: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + text.charCodeAt(at + i);
  return value;
}

function bigEndian(value: number, size: number): string {
  let text = '';
  for (let i = size - 1; i >= 0; i--) text += String.fromCharCode(Math.floor(value / 256 ** i) & 0xff);
  return text;
}
