import { RemoteProtocolError } from './errors.ts';

/**
 * Reads protobuf wire format (https://protobuf.dev/programming-guides/encoding/) field by field without building
 * objects. After `next()` the field's number and wire type are set, and exactly one of the reading methods or `skip()`
 * must be called. Throws RemoteProtocolError REMOTE_BAD_PROTOBUF.
 */
export class ProtoReader {
  readonly bytes: Uint8Array;
  position: number;
  end: number;
  field = 0;
  wireType = 0;
  readonly #view: DataView;
  readonly #words: Uint32Array;
  readonly #floats: Float64Array;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#words = new Uint32Array(2);
    this.#floats = new Float64Array(this.#words.buffer);
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    if (this.field === 0) throw bad('field number 0');
    return true;
  }

  /** An unsigned varint of up to 64 bits; above 2^53 it is the nearest float. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      if (this.position >= this.end) throw bad('a varint that is cut');
      const byte = this.bytes[this.position++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw bad('a varint of more than ten bytes');
  }

  /** A signed 64-bit varint (int64), exact to 2^53. Negative numbers take ten bytes. */
  int64(): number {
    let low = 0;
    let high = 0;
    let shift = 0;
    for (let i = 0; i < 10; i++) {
      if (this.position >= this.end) throw bad('a varint that is cut');
      const byte = this.bytes[this.position++]!;
      if (shift < 28) low += (byte & 0x7f) * 2 ** shift;
      else high += (byte & 0x7f) * 2 ** (shift - 28);
      if (byte < 0x80) {
        // 28 bits below, 36 above; the top bit is the sign.
        return high >= 2 ** 35 ? (high - 2 ** 36) * 2 ** 28 + low : high * 2 ** 28 + low;
      }
      shift += 7;
    }
    throw bad('a varint of more than ten bytes');
  }

  /** A zigzag varint (sint64), exact to 2^53. */
  sint64(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Copies the eight bytes of a double into `target[index]`, bit for bit: a stale marker stays one. */
  doubleInto(target: Float64Array, index: number): void {
    this.#fixed64();
    target.set(this.#floats, index);
  }

  /** A double where the bits of a NaN do not matter. */
  double(): number {
    this.#fixed64();
    return this.#floats[0]!;
  }

  /** Start of a length-delimited field; `position` is then behind it and the returned range is its content. */
  range(): { start: number; end: number } {
    const length = this.varint();
    const start = this.position;
    const end = start + length;
    if (end > this.end) throw bad(`a field of ${length} bytes where ${this.end - start} are left`);
    this.position = end;
    return { start, end };
  }

  string(): string {
    const { start, end } = this.range();
    return decodeText(this.bytes, start, end);
  }

  /** Enters a nested message: reads until its end, then `leave` restores the outer one. */
  enter(): number {
    const { start, end } = this.range();
    const outer = this.end;
    this.position = start;
    this.end = end;
    return outer;
  }

  leave(outerEnd: number): void {
    this.position = this.end;
    this.end = outerEnd;
  }

  /** A repeated scalar comes packed into one field or as a field each; both are legal. Calls `readOne` for each. */
  eachPacked(readOne: () => void): void {
    if (this.wireType !== 2) {
      readOne();
      return;
    }
    const outer = this.enter();
    while (this.position < this.end) readOne();
    this.leave(outer);
  }

  skip(): void {
    switch (this.wireType) {
      case 0:
        this.varint();
        return;
      case 1:
        this.#advance(8);
        return;
      case 2:
        this.range();
        return;
      case 5:
        this.#advance(4);
        return;
      default:
        throw bad(`wire type ${this.wireType}`);
    }
  }

  #fixed64(): void {
    const at = this.position;
    this.#advance(8);
    this.#words[0] = this.#view.getUint32(at, true);
    this.#words[1] = this.#view.getUint32(at + 4, true);
  }

  #advance(count: number): void {
    this.position += count;
    if (this.position > this.end) throw bad('a field that is cut');
  }
}

const decoder = new TextDecoder();

/** UTF-8 text of a range of bytes; short ASCII, the common case, without the decoder. */
export function decodeText(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 24) return decoder.decode(bytes.subarray(start, end));
  let text = '';
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
    text += String.fromCharCode(byte);
  }
  return text;
}

function bad(what: string): RemoteProtocolError {
  return new RemoteProtocolError('REMOTE_BAD_PROTOBUF', `expected a protobuf message, found ${what}`);
}
