import { TsdbError } from '../errors.ts';

const TWO_32 = 4294967296;
/** Widths of the variable-length integers of histogram chunks; the prefix is as many ones as the index plus one. */
const VARBIT_WIDTHS = [3, 6, 9, 12, 18, 25, 56, 64] as const;

/** Bits, most significant first, as Prometheus's chunks have them. */
export class BitWriter {
  bytes = new Uint8Array(256);
  #bits = 0;

  get length(): number {
    return (this.#bits + 7) >>> 3;
  }

  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Writes the low `width` (at most 32) bits of a value. */
  write(value: number, width: number): void {
    if (((this.#bits + width) >>> 3) + 8 > this.bytes.length) {
      const grown = new Uint8Array(2 * this.bytes.length);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    let rest = width;
    while (rest > 0) {
      const free = 8 - (this.#bits & 7);
      const take = Math.min(free, rest);
      const part = (value >>> (rest - take)) & ((1 << take) - 1);
      this.bytes[this.#bits >>> 3]! |= part << (free - take);
      this.#bits += take;
      rest -= take;
    }
  }

  /** Writes two words, the high one first. */
  write64(high: number, low: number): void {
    this.write(high, 32);
    this.write(low, 32);
  }

  /** Writes the low `width` (33 to 64) bits of a safe integer in two's complement. */
  writeWide(value: number, width: number): void {
    const high = Math.floor(value / TWO_32);
    this.write(high | 0, width - 32);
    this.write((value - high * TWO_32) | 0, 32);
  }

  uvarint(value: number): void {
    while (value >= 128) {
      this.write((value % 128) | 128, 8);
      value = Math.floor(value / 128);
    }
    this.write(value, 8);
  }

  varint(value: number): void {
    this.uvarint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  varbitInt(value: number): void {
    this.#varbit(value, (width) => value > -(2 ** (width - 1)) && value <= 2 ** (width - 1));
  }

  varbitUint(value: number): void {
    this.#varbit(value, (width) => value < 2 ** width);
  }

  #varbit(value: number, fits: (width: number) => boolean): void {
    if (value === 0) {
      this.write(0, 1);
      return;
    }
    const index = VARBIT_WIDTHS.findIndex((width) => width === 64 || fits(width));
    const width = VARBIT_WIDTHS[index]!;
    if (width === 64) this.write(0xff, 8);
    else this.write((1 << (index + 2)) - 2, index + 2);
    if (width > 32) this.writeWide(value, width);
    else this.write(value, width);
  }
}

/** Reads what BitWriter wrote. Throws TSDB_BAD_IMPORT when the bits end too early. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #bit: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#bit = 8 * at;
  }

  /** The next `width` (at most 32) bits as an unsigned number. */
  read(width: number): number {
    if (this.#bit + width > 8 * this.#bytes.length) {
      throw new TsdbError('TSDB_BAD_IMPORT', `expected ${width} more bits of a chunk, found its end`);
    }
    let value = 0;
    for (let rest = width; rest > 0;) {
      const have = 8 - (this.#bit & 7);
      const take = Math.min(have, rest);
      const part = (this.#bytes[this.#bit >>> 3]! >>> (have - take)) & ((1 << take) - 1);
      value = value * 2 ** take + part;
      this.#bit += take;
      rest -= take;
    }
    return value;
  }

  /** The next `width` bits (33 to 64) as a signed number, exact up to 53 bits. */
  readWide(width: number): number {
    const high = this.read(width - 32);
    return signed(high, width - 32) * TWO_32 + this.read(32);
  }

  uvarint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.read(8);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  varint(): number {
    const value = this.uvarint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  varbitInt(): number {
    const width = this.#prefix();
    if (width === 0) return 0;
    if (width > 32) return this.readWide(width);
    const value = this.read(width);
    return value > 2 ** (width - 1) ? value - 2 ** width : value;
  }

  varbitUint(): number {
    const width = this.#prefix();
    if (width === 0) return 0;
    if (width <= 32) return this.read(width);
    const high = this.read(width - 32);
    return high * TWO_32 + this.read(32);
  }

  #prefix(): number {
    let ones = 0;
    while (ones < 8 && this.read(1) === 1) ones++;
    return ones === 0 ? 0 : VARBIT_WIDTHS[ones - 1]!;
  }
}

function signed(value: number, width: number): number {
  return value >= 2 ** (width - 1) ? value - 2 ** width : value;
}
