import { formatGoFloat } from '@binnacle/model';

const ZERO = 0x30;
const DOT = 0x2e;
const MINUS = 0x2d;

/** Writes text as bytes into a buffer that grows. Nothing but strings with special characters becomes a JS string. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(sizeBytes: number) {
    this.#bytes = Buffer.allocUnsafe(sizeBytes);
  }

  get length(): number {
    return this.#length;
  }

  /** What has been written. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(code: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = code;
  }

  /** Text of ASCII characters. */
  ascii(text: string): void {
    const { length } = text;
    this.#reserve(length);
    if (length > 32) this.#bytes.write(text, this.#length, 'latin1');
    else for (let i = 0; i < length; i++) this.#bytes[this.#length + i] = text.charCodeAt(i);
    this.#length += length;
  }

  bytes(source: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    if (to - from > 32) this.#bytes.set(source.subarray(from, to), this.#length);
    else for (let i = from, at = this.#length; i < to; i++) this.#bytes[at++] = source[i]!;
    this.#length += to - from;
  }

  /** A string as JSON, with its quotes. */
  json(text: string): void {
    this.text(JSON.stringify(text));
  }

  /** Text of any characters. */
  text(text: string): void {
    const size = Buffer.byteLength(text);
    this.#reserve(size);
    this.#bytes.write(text, this.#length, 'utf8');
    this.#length += size;
  }

  /** A float as Prometheus's JSON has it: in quotes, with an exponent below 1e-6 and from 1e21. */
  float(value: number): void {
    this.#reserve(32);
    this.#bytes[this.#length++] = 0x22;
    if (!this.#decimal(value)) {
      const magnitude = Math.abs(value);
      const exponent = magnitude !== 0 && (magnitude < 1e-6 || magnitude >= 1e21);
      this.ascii(formatGoFloat(value, exponent ? 'e' : 'f'));
    }
    this.byte(0x22);
  }

  /** Milliseconds as seconds: `1.5` seconds are `1.500`. */
  timestamp(ms: number): void {
    this.#reserve(32);
    if (ms < 0) this.#bytes[this.#length++] = MINUS;
    const magnitude = Math.abs(ms);
    const fraction = magnitude % 1000;
    this.#integer((magnitude - fraction) / 1000);
    if (fraction === 0) return;
    this.#bytes[this.#length++] = DOT;
    this.#padded(fraction, 3);
  }

  /**
   * Integers and numbers of at most three decimals and fifteen digits: their decimal is the shortest text that
   * reads back to the same float. False for all others.
   */
  #decimal(value: number): boolean {
    const magnitude = Math.abs(value);
    if (!(magnitude < 1e12)) return false;
    const thousandths = Math.round(magnitude * 1000);
    if (thousandths / 1000 !== magnitude || Object.is(value, -0)) return false;
    if (value < 0) this.#bytes[this.#length++] = MINUS;
    const fraction = thousandths % 1000;
    this.#integer((thousandths - fraction) / 1000);
    if (fraction === 0) return true;
    this.#bytes[this.#length++] = DOT;
    if (fraction % 100 === 0) this.#padded(fraction / 100, 1);
    else if (fraction % 10 === 0) this.#padded(fraction / 10, 2);
    else this.#padded(fraction, 3);
    return true;
  }

  #integer(value: number): void {
    let digits = 1;
    for (let limit = 10; value >= limit; limit *= 10) digits++;
    this.#padded(value, digits);
  }

  #padded(value: number, digits: number): void {
    let rest = value;
    const start = this.#length;
    let at = start + digits;
    while (rest > 0x7fffffff) {
      const next = Math.floor(rest / 10);
      this.#bytes[--at] = ZERO + (rest - next * 10);
      rest = next;
    }
    let small = rest | 0;
    while (at > start) {
      const next = (small / 10) | 0;
      this.#bytes[--at] = ZERO + (small - next * 10);
      small = next;
    }
    this.#length = start + digits;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
