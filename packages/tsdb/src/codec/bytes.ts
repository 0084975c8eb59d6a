import { TsdbError } from '../errors.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false });

/** A growing byte buffer with the number formats that the store's files use. */
export class ByteWriter {
  bytes: Uint8Array;
  length = 0;
  #view: DataView;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Makes room for `extra` more bytes. */
  reserve(extra: number): void {
    if (this.length + extra <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.length + extra, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.#view = new DataView(grown.buffer);
  }

  clear(): void {
    this.length = 0;
  }

  /** The written bytes, without a copy; valid until the next write. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** The written bytes as an array of their own. */
  copy(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  u8(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  /** Little-endian. */
  u32(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.length, value, true);
    this.length += 4;
  }

  /** Little-endian; safe integers only. */
  u64(value: number): void {
    this.u32(value % 4294967296);
    this.u32(Math.floor(value / 4294967296));
  }

  f64(value: number): void {
    this.reserve(8);
    this.#view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  u16be(value: number): void {
    this.reserve(2);
    this.#view.setUint16(this.length, value);
    this.length += 2;
  }

  u32be(value: number): void {
    this.reserve(4);
    this.#view.setUint32(this.length, value);
    this.length += 4;
  }

  /** Big-endian; safe integers only. */
  u64be(value: number): void {
    this.u32be(Math.floor(value / 4294967296));
    this.u32be(value % 4294967296);
  }

  /** LEB128 of a safe non-negative integer. */
  uvarint(value: number): void {
    this.reserve(10);
    this.length = writeUvarint(this.bytes, this.length, value);
  }

  /** Zigzag LEB128 of an integer of at most 53 bits. */
  varint(value: number): void {
    this.uvarint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  raw(source: Uint8Array): void {
    this.reserve(source.length);
    this.bytes.set(source, this.length);
    this.length += source.length;
  }

  /** A length and UTF-8. */
  string(text: string): void {
    const { length } = text;
    if (length < 128) {
      // Short ASCII, which labels mostly are, needs no array of its own.
      this.reserve(length + 1);
      let i = 0;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= 128) break;
        this.bytes[this.length + 1 + i] = unit;
      }
      if (i === length) {
        this.bytes[this.length] = length;
        this.length += length + 1;
        return;
      }
    }
    const encoded = encoder.encode(text);
    this.uvarint(encoded.length);
    this.raw(encoded);
  }
}

/** Reads what ByteWriter wrote. Throws TSDB_CORRUPT_CHUNK when the bytes end too early. */
export class ByteReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly end: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.end - this.position;
  }

  #take(count: number): number {
    const at = this.position;
    if (count < 0 || at + count > this.end) {
      throw new TsdbError(
        'TSDB_CORRUPT_CHUNK',
        `expected ${count} more bytes at offset ${at}, found ${this.end - at}`,
      );
    }
    this.position = at + count;
    return at;
  }

  u8(): number {
    return this.bytes[this.#take(1)]!;
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): number {
    const low = this.u32();
    return low + this.u32() * 4294967296;
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  u16be(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u32be(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u64be(): number {
    const high = this.u32be();
    return high * 4294967296 + this.u32be();
  }

  uvarint(): number {
    let byte = this.bytes[this.#take(1)]!;
    if (byte < 128) return byte;
    let value = byte & 127;
    let scale = 128;
    for (let i = 0; i < 9; i++) {
      byte = this.bytes[this.#take(1)]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new TsdbError(
      'TSDB_CORRUPT_CHUNK',
      `expected a varint of at most 10 bytes before offset ${this.position}`,
    );
  }

  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A view of the next `count` bytes. */
  raw(count: number): Uint8Array {
    const at = this.#take(count);
    return this.bytes.subarray(at, at + count);
  }

  string(): string {
    return decodeUtf8(this.raw(this.uvarint()));
  }
}

/** Writes LEB128 at `at` and returns the position after it. The caller has made room for 10 bytes. */
export function writeUvarint(bytes: Uint8Array, at: number, value: number): number {
  while (value >= 128) {
    bytes[at++] = (value % 128) | 128;
    value = Math.floor(value / 128);
  }
  bytes[at++] = value;
  return at;
}

/** UTF-8 of a string. */
export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** A string of UTF-8 bytes; they may lie in shared memory. */
export function decodeUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes.buffer instanceof SharedArrayBuffer ? bytes.slice() : bytes);
}
