const encoder = new TextEncoder();

/** Writes protobuf wire format into a buffer that grows. Nested messages are written to a child and embedded. */
export class ProtoWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;

  /** What was written; valid until the next write. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  reset(): void {
    this.#length = 0;
  }

  varintField(field: number, value: number): void {
    if (value === 0) return;
    this.#tag(field, 0);
    this.varint(value);
  }

  /** A signed 64-bit integer, exact to 2^53. */
  int64Field(field: number, value: number): void {
    if (value === 0) return;
    this.#tag(field, 0);
    if (value > 0) this.varint(value);
    else this.#varint64(BigInt.asUintN(64, BigInt(value)));
  }

  sint64Field(field: number, value: number): void {
    if (value === 0) return;
    this.varintField(field, value < 0 ? -2 * value - 1 : 2 * value);
  }

  doubleField(field: number, value: number): void {
    if (Object.is(value, 0)) return;
    this.#tag(field, 1);
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** A double by its bits, so that a stale marker stays one. */
  doubleBitsField(field: number, low: number, high: number): void {
    this.#tag(field, 1);
    this.#reserve(8);
    this.#view.setUint32(this.#length, low, true);
    this.#view.setUint32(this.#length + 4, high, true);
    this.#length += 8;
  }

  stringField(field: number, value: string): void {
    if (value !== '' && !this.#asciiField(field, value)) this.bytesField(field, encoder.encode(value));
  }

  /** Written even when empty: an element of a repeated field counts. */
  bytesField(field: number, value: Uint8Array): void {
    this.#tag(field, 2);
    this.varint(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  packedVarints(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const inner = new ProtoWriter();
    for (const value of values) inner.varint(value);
    this.bytesField(field, inner.finish());
  }

  /** An unsigned varint without a tag. */
  varint(value: number): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Most labels are ASCII, one byte a character. Writes nothing when the text is not. */
  #asciiField(field: number, value: string): boolean {
    const start = this.#length;
    this.#tag(field, 2);
    this.varint(value.length);
    this.#reserve(value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code >= 0x80) {
        this.#length = start;
        return false;
      }
      this.#bytes[this.#length++] = code;
    }
    return true;
  }

  #varint64(value: bigint): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80n) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  #tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + count));
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
