import { Labels } from '@binnacle/model';
import { ByteReader, decodeUtf8, encodeUtf8 } from '../codec/bytes.ts';
import type { IndexView } from '../index/selectSeries.ts';
import { readSections } from './indexSections.ts';
import type { Section } from './layout.ts';

/** One chunk of a series: which times it has, and where its bytes lie in the data file. */
export interface ChunkRef {
  readonly column: number;
  readonly at: number;
  readonly length: number;
}

/** Times that chunks share: where they lie in the data file, and their first and last. */
export interface ColumnRef {
  readonly at: number;
  readonly length: number;
  readonly count: number;
  readonly minTime: number;
  readonly maxTime: number;
}

/** A block's index over the bytes of its file. Ids of series, pairs and names start at 1, in the order of their text. */
export class BlockIndex implements IndexView {
  readonly seriesCount: number;
  readonly pairLimit: number;
  readonly seriesHashes: Uint32Array;
  readonly pageSums: Uint32Array;
  readonly columnCount: number;
  readonly #symbolOffsets: Uint32Array;
  readonly #symbolBytes: Uint8Array;
  readonly #pairNames: Uint32Array;
  readonly #pairValues: Uint32Array;
  readonly #postingsOffsets: Uint32Array;
  readonly #postings: Uint8Array;
  readonly #seriesOffsets: Uint32Array;
  readonly #series: Uint8Array;
  readonly #columnOffsets: Uint32Array;
  readonly #columns: Uint8Array;
  readonly #texts = new Map<number, string>();

  /** Checks and opens the content of an index file. Throws TSDB_CORRUPT_BLOCK; `path` is for the message. */
  constructor(file: Uint8Array, path: string) {
    const sections = readSections(file, path);
    const words = (section: Section): Uint32Array => {
      const bytes = sections[section];
      return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
    };
    this.#symbolOffsets = words('symbolOffsets');
    this.#symbolBytes = sections.symbolBytes;
    this.#pairNames = words('pairNames');
    this.#pairValues = words('pairValues');
    this.#postingsOffsets = words('postingsOffsets');
    this.#postings = sections.postings;
    this.#seriesOffsets = words('seriesOffsets');
    this.seriesHashes = words('seriesHashes');
    this.#series = sections.series;
    this.#columnOffsets = words('columnOffsets');
    this.#columns = sections.columns;
    this.pageSums = words('pageSums');
    this.seriesCount = this.seriesHashes.length;
    this.pairLimit = this.#pairNames.length + 1;
    this.columnCount = this.#columnOffsets.length - 1;
  }

  get seriesLimit(): number {
    return this.seriesCount + 1;
  }

  findName(name: string): number {
    const symbol = this.#findSymbol(name);
    return symbol >= 0 && this.#pairNames[this.#firstPair(symbol)] === symbol ? symbol + 1 : 0;
  }

  findPair(nameId: number, value: string): number {
    const symbol = this.#findSymbol(value);
    if (symbol < 0) return 0;
    let low = this.#firstPair(nameId - 1);
    let high = this.#firstPair(nameId);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#pairValues[middle]! < symbol) low = middle + 1;
      else high = middle;
    }
    return this.#pairNames[low] === nameId - 1 && this.#pairValues[low] === symbol ? low + 1 : 0;
  }

  eachPair(nameId: number, visit: (pair: number) => void): void {
    const end = this.#firstPair(nameId);
    for (let pair = this.#firstPair(nameId - 1); pair < end; pair++) visit(pair + 1);
  }

  /** Ids of all names, in order. */
  names(): number[] {
    const names: number[] = [];
    for (let pair = 0; pair < this.#pairNames.length;) {
      const symbol = this.#pairNames[pair]!;
      names.push(symbol + 1);
      pair = this.#firstPair(symbol + 1);
    }
    return names;
  }

  nameText(nameId: number): string {
    return this.#text(nameId - 1);
  }

  valueText(pair: number): string {
    return this.#text(this.#pairValues[pair - 1]!);
  }

  sizeOf(pair: number): number {
    return new ByteReader(this.#postings, this.#postingsOffsets[pair - 1]!).uvarint();
  }

  postings(pair: number): Uint32Array {
    const input = new ByteReader(this.#postings, this.#postingsOffsets[pair - 1]!);
    const out = new Uint32Array(input.uvarint());
    let series = 0;
    for (let i = 0; i < out.length; i++) out[i] = series += input.uvarint();
    return out;
  }

  pairWithName(series: number, nameId: number): number {
    const input = new ByteReader(this.#series, this.#seriesOffsets[series - 1]!);
    for (let rest = input.uvarint(), pair = 0; rest > 0; rest--) {
      pair += input.uvarint();
      if (this.#pairNames[pair - 1] === nameId - 1) return pair;
    }
    return 0;
  }

  allSeries(): Uint32Array {
    return Uint32Array.from({ length: this.seriesCount }, (_, i) => i + 1);
  }

  generationOf(): number {
    return 0;
  }

  labels(series: number): Labels {
    const input = new ByteReader(this.#series, this.#seriesOffsets[series - 1]!);
    const count = input.uvarint();
    const names: string[] = [];
    const values: string[] = [];
    for (let i = 0, pair = 0; i < count; i++) {
      pair += input.uvarint();
      names.push(this.#text(this.#pairNames[pair - 1]!));
      values.push(this.#text(this.#pairValues[pair - 1]!));
    }
    return new Labels(names, values);
  }

  /** The chunks of a series, oldest first; they lie one behind the other in the data file. */
  chunks(series: number): ChunkRef[] {
    const input = new ByteReader(this.#series, this.#seriesOffsets[series - 1]!);
    for (let rest = input.uvarint(); rest > 0; rest--) input.uvarint();
    const chunks: ChunkRef[] = [];
    const count = input.uvarint();
    let at = count > 0 ? input.uvarint() : 0;
    for (let i = 0, column = 0; i < count; i++) {
      column += input.varint();
      const length = input.uvarint();
      chunks.push({ column, at, length });
      at += length;
    }
    return chunks;
  }

  column(id: number): ColumnRef {
    const input = new ByteReader(this.#columns, this.#columnOffsets[id]!);
    const at = input.uvarint();
    const length = input.uvarint();
    const count = input.uvarint();
    const minTime = input.varint();
    return { at, length, count, minTime, maxTime: minTime + input.uvarint() };
  }

  #text(symbol: number): string {
    let text = this.#texts.get(symbol);
    if (text === undefined) {
      if (this.#texts.size >= MAX_TEXTS) this.#texts.clear();
      text = decodeUtf8(this.#symbol(symbol));
      this.#texts.set(symbol, text);
    }
    return text;
  }

  #symbol(symbol: number): Uint8Array {
    return this.#symbolBytes.subarray(this.#symbolOffsets[symbol], this.#symbolOffsets[symbol + 1]);
  }

  #findSymbol(text: string): number {
    const wanted = encodeUtf8(text);
    let low = 0;
    let high = this.#symbolOffsets.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareBytes(this.#symbol(middle), wanted);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  /** The first pair (from 0) whose name is not below a symbol. */
  #firstPair(symbol: number): number {
    let low = 0;
    let high = this.#pairNames.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#pairNames[middle]! < symbol) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const MAX_TEXTS = 1 << 16;
function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
