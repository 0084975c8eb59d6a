import { Labels } from '@binnacle/model';
import { ByteReader, decodeUtf8 } from '../codec/bytes.ts';
import { hashBytes } from '../index/hashing.ts';
import type { SeriesTable } from '../index/seriesTable.ts';

/**
 * From the bytes of a label set in a remote-write request (repeated field 1 of TimeSeries: `Label { name = 1; value =
 * 2; }`, sorted by name) to a series' reference, without decoding the labels of a series that is known. Bytes are
 * compared, not only hashed.
 */
export class LabelByteCache {
  readonly #table: SeriesTable;
  readonly #seriesOf: (ref: number) => number;
  #hashes = new Uint32Array(1024);
  #refs = new Float64Array(1024).fill(-1);
  #size = 0;

  constructor(table: SeriesTable, seriesOf: (ref: number) => number) {
    this.#table = table;
    this.#seriesOf = seriesOf;
  }

  /** The reference of known labels, undefined when they were not seen. */
  find(bytes: Uint8Array, start: number, end: number): number | undefined {
    const hash = hashBytes(bytes, start, end);
    const mask = this.#refs.length - 1;
    for (let slot = hash & mask; this.#refs[slot]! >= 0; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] === hash && this.#isSame(this.#refs[slot]!, bytes, start, end))
        return this.#refs[slot];
    }
    return undefined;
  }

  add(bytes: Uint8Array, start: number, end: number, ref: number): void {
    if (2 * this.#size >= this.#refs.length) this.#grow();
    this.#insert(hashBytes(bytes, start, end), ref);
  }

  /** Forgets everything: series were freed. */
  clear(): void {
    this.#refs.fill(-1);
    this.#size = 0;
  }

  #isSame(ref: number, bytes: Uint8Array, start: number, end: number): boolean {
    const series = this.#seriesOf(ref);
    if (series === 0) return false;
    const { pairs } = this.#table;
    const { symbols } = pairs;
    let at = start;
    for (let i = 0; i < this.#table.labelCount(series); i++) {
      const pair = this.#table.pairAt(series, i);
      at = skipHeader(bytes, at, 0x0a);
      const nameAt = skipHeader(bytes, at, 0x0a);
      if (nameAt < 0) return false;
      const nameEnd = nameAt + lastLength;
      if (!symbols.equals(pairs.nameOf(pair), bytes, nameAt, nameEnd)) return false;
      const valueAt = skipHeader(bytes, nameEnd, 0x12);
      if (valueAt < 0) return false;
      at = valueAt + lastLength;
      if (!symbols.equals(pairs.valueOf(pair), bytes, valueAt, at)) return false;
    }
    return at === end;
  }

  #insert(hash: number, ref: number): void {
    const mask = this.#refs.length - 1;
    let slot = hash & mask;
    while (this.#refs[slot]! >= 0) slot = (slot + 1) & mask;
    this.#refs[slot] = ref;
    this.#hashes[slot] = hash;
    this.#size++;
  }

  #grow(): void {
    const refs = this.#refs;
    const hashes = this.#hashes;
    this.#refs = new Float64Array(2 * refs.length).fill(-1);
    this.#hashes = new Uint32Array(2 * refs.length);
    this.#size = 0;
    for (let i = 0; i < refs.length; i++) if (refs[i]! >= 0) this.#insert(hashes[i]!, refs[i]!);
  }
}

/** Decodes such bytes. Throws TSDB_CORRUPT_CHUNK when they are not what they should be. */
export function decodeLabelBytes(bytes: Uint8Array, start: number, end: number): Labels {
  const input = new ByteReader(bytes, start, end);
  const pairs: [string, string][] = [];
  while (input.remaining > 0) {
    input.u8();
    const label = new ByteReader(bytes, input.position, input.end);
    const size = label.uvarint();
    input.position = label.position;
    const inner = new ByteReader(input.raw(size));
    const pair: [string, string] = ['', ''];
    while (inner.remaining > 0) {
      const field = inner.u8() >>> 3;
      const text = decodeUtf8(inner.raw(inner.uvarint()));
      if (field === 1) pair[0] = text;
      else if (field === 2) pair[1] = text;
    }
    pairs.push(pair);
  }
  return Labels.from(pairs);
}

let lastLength = 0;

/** Reads a tag and a length; the position behind them, or -1 when the tag is another one. */
function skipHeader(bytes: Uint8Array, at: number, tag: number): number {
  if (at < 0 || bytes[at++] !== tag) return -1;
  let length = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[at++]!;
    length |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  lastLength = length;
  return at;
}
