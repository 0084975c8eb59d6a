import { decodeUtf8, encodeUtf8 } from '../codec/bytes.ts';
import type { ColumnSource } from './columns.ts';
import { type U32Column, type U8Column } from './columns.ts';
import { hashBytes, hashText } from './hashing.ts';

const COUNT = 0;
const FREE = 1;
const USED_BYTES = 2;
const GARBAGE = 3;
const TABLE_SIZE = 4;
const MAX_CACHED = 1 << 18;

/**
 * Interned strings in shared memory. Ids start at 1; 0 means "not there". Strings are counted by reference: one that
 * nothing refers to any more gives its id and bytes back.
 */
export class Symbols {
  readonly #state: U32Column;
  readonly #bytes: U8Column;
  readonly #offset: U32Column;
  readonly #size: U32Column;
  readonly #hash: U32Column;
  readonly #references: U32Column;
  readonly #table: U32Column;
  #cache: string[] = [];
  #cached = 0;

  constructor(columns: ColumnSource, maxSymbols: number) {
    this.#state = columns.u32('symbolState', 8);
    this.#bytes = columns.u8('symbolBytes', Math.min(4294901760, maxSymbols * 256));
    this.#offset = columns.u32('symbolOffset', maxSymbols);
    this.#size = columns.u32('symbolSize', maxSymbols);
    this.#hash = columns.u32('symbolHash', maxSymbols);
    this.#references = columns.u32('symbolReferences', maxSymbols);
    this.#table = columns.u32('symbolTable', maxSymbols * 4);
    if (columns.isFresh) {
      this.#state.ensure(8);
      this.#resizeTable(1024);
      this.#state.array[COUNT] = 1;
    }
  }

  /** One more than the largest id. */
  get limit(): number {
    return this.#state.array[COUNT]!;
  }

  hashOf(id: number): number {
    return this.#hash.array[id]!;
  }

  text(id: number): string {
    const cached = this.#cache[id];
    if (cached !== undefined) return cached;
    const offset = this.#offset.array[id]!;
    const text = decodeUtf8(this.#bytes.array.subarray(offset, offset + this.#size.array[id]!));
    if (this.#cached++ >= MAX_CACHED) {
      this.#cache = [];
      this.#cached = 0;
    }
    return (this.#cache[id] = text);
  }

  /** Forgets decoded strings: ids may mean something else after the writer has freed some. */
  dropCache(): void {
    this.#cache = [];
    this.#cached = 0;
  }

  /** True when the symbol's UTF-8 is exactly `bytes[start, end)`. */
  equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#size.array[id] !== end - start) return false;
    const own = this.#bytes.array;
    let at = this.#offset.array[id]!;
    for (let i = start; i < end; i++) if (own[at++] !== bytes[i]) return false;
    return true;
  }

  /** The id of a string, 0 when it is not interned. */
  find(text: string): number {
    const hash = hashText(text);
    const table = this.#table.array;
    const mask = this.#state.array[TABLE_SIZE]! - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = table[slot]!;
      if (id === 0) return 0;
      if (this.#hash.array[id] === hash && this.#equalsText(id, text)) return id;
    }
  }

  /** The id of a string, interned when it is new, with one more reference. */
  acquire(text: string): number {
    const found = this.find(text);
    if (found !== 0) {
      this.#references.array[found]! += 1;
      return found;
    }
    const bytes = encodeUtf8(text);
    const state = this.#state.array;
    let id = state[FREE]!;
    if (id === 0) {
      id = state[COUNT]!;
      for (const column of [this.#offset, this.#size, this.#hash, this.#references]) column.ensure(id + 1);
      state[COUNT] = id + 1;
    } else state[FREE] = this.#offset.array[id]!;
    const offset = state[USED_BYTES]!;
    this.#bytes.ensure(offset + bytes.length);
    this.#bytes.array.set(bytes, offset);
    state[USED_BYTES] = offset + bytes.length;
    this.#offset.array[id] = offset;
    this.#size.array[id] = bytes.length;
    this.#hash.array[id] = hashBytes(bytes, 0, bytes.length);
    this.#references.array[id] = 1;
    if (2 * state[COUNT]! > state[TABLE_SIZE]!) this.#resizeTable(2 * state[TABLE_SIZE]!);
    else this.#insert(id);
    return id;
  }

  /** Takes one reference away; the last one frees the string when `sweep` runs. */
  release(id: number): void {
    this.#references.array[id]! -= 1;
  }

  /** Frees strings without references, and packs the bytes when a third of them is garbage. */
  sweep(): void {
    const state = this.#state.array;
    let freed = 0;
    for (let id = 1; id < state[COUNT]!; id++) {
      if (this.#references.array[id] !== 0 || this.#size.array[id] === FREED) continue;
      state[GARBAGE]! += this.#size.array[id]!;
      this.#size.array[id] = FREED;
      this.#offset.array[id] = state[FREE]!;
      state[FREE] = id;
      freed++;
    }
    if (freed === 0) return;
    this.dropCache();
    this.#resizeTable(state[TABLE_SIZE]!);
    if (3 * state[GARBAGE]! > state[USED_BYTES]!) this.#pack();
  }

  /** Compares ASCII unit by unit; anything else as bytes. */
  #equalsText(id: number, text: string): boolean {
    const own = this.#bytes.array;
    const from = this.#offset.array[id]!;
    const size = this.#size.array[id]!;
    const { length } = text;
    if (length > size) return false;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 128) {
        const bytes = encodeUtf8(text);
        return this.equals(id, bytes, 0, bytes.length);
      }
      if (own[from + i] !== unit) return false;
    }
    return length === size;
  }

  #pack(): void {
    const live: number[] = [];
    for (let id = 1; id < this.limit; id++) if (this.#size.array[id] !== FREED) live.push(id);
    live.sort((a, b) => this.#offset.array[a]! - this.#offset.array[b]!);
    let end = 0;
    for (const id of live) {
      const from = this.#offset.array[id]!;
      const size = this.#size.array[id]!;
      this.#bytes.array.copyWithin(end, from, from + size);
      this.#offset.array[id] = end;
      end += size;
    }
    this.#state.array[USED_BYTES] = end;
    this.#state.array[GARBAGE] = 0;
  }

  #insert(id: number): void {
    const table = this.#table.array;
    const mask = this.#state.array[TABLE_SIZE]! - 1;
    let slot = this.#hash.array[id]! & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = id;
  }

  #resizeTable(size: number): void {
    this.#table.ensure(size);
    this.#table.array.fill(0, 0, size);
    this.#state.array[TABLE_SIZE] = size;
    for (let id = 1; id < this.#state.array[COUNT]!; id++)
      if (this.#size.array[id] !== FREED) this.#insert(id);
  }
}

const FREED = 0xffffffff;
