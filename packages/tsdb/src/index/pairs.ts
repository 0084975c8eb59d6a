import type { ColumnSource } from './columns.ts';
import { type U32Column, type U8Column } from './columns.ts';
import { Symbols } from './symbols.ts';
import { WordArena } from './wordArena.ts';

const COUNT = 0;
const FREE = 1;
const TABLE_SIZE = 2;
const NAMES = 3;
const STATE_SIZE = 4;
const NOTHING = new Uint32Array(0);

/**
 * Label pairs (name, value) in shared memory, each with the ids of its series (its postings). Ids start at 1. A pair
 * without series gives its id back when `sweep` runs.
 */
export class Pairs {
  readonly symbols: Symbols;
  readonly #state: U32Column;
  readonly #name: U32Column;
  readonly #value: U32Column;
  readonly #next: U32Column;
  readonly #at: U32Column;
  readonly #size: U32Column;
  readonly #capacityLog: U8Column;
  readonly #unsorted: U8Column;
  readonly #table: U32Column;
  readonly #arena: WordArena;
  readonly #firstOfName: U32Column;
  readonly #generation: U32Column;
  readonly #names: U32Column;

  constructor(columns: ColumnSource, maxSeries: number) {
    const maxPairs = 2 * maxSeries;
    this.symbols = new Symbols(columns, maxPairs);
    this.#state = columns.u32('pairState', STATE_SIZE);
    this.#name = columns.u32('pairName', maxPairs);
    this.#value = columns.u32('pairValue', maxPairs);
    this.#next = columns.u32('pairNext', maxPairs);
    this.#at = columns.u32('postingsAt', maxPairs);
    this.#size = columns.u32('postingsSize', maxPairs);
    this.#capacityLog = columns.u8('postingsCapacity', maxPairs);
    this.#unsorted = columns.u8('postingsUnsorted', maxPairs);
    this.#table = columns.u32('pairTable', maxPairs * 4);
    this.#arena = new WordArena(columns, 'postings', Math.min(1e9, maxSeries * 64));
    this.#firstOfName = columns.u32('firstPairOfName', maxPairs);
    this.#generation = columns.u32('nameGeneration', maxPairs);
    this.#names = columns.u32('names', maxPairs);
    if (columns.isFresh) {
      this.#state.ensure(STATE_SIZE);
      this.#state.array[COUNT] = 1;
      this.#resizeTable(1024);
    }
  }

  get limit(): number {
    return this.#state.array[COUNT]!;
  }

  nameOf(pair: number): number {
    return this.#name.array[pair]!;
  }

  valueOf(pair: number): number {
    return this.#value.array[pair]!;
  }

  /** Number of series that have the pair. */
  sizeOf(pair: number): number {
    return this.#size.array[pair]!;
  }

  /** Ids of the names in use, in no order. */
  names(): Uint32Array {
    return this.#names.array.subarray(0, this.#state.array[NAMES]!);
  }

  /** The first pair of a name, 0 for none; `nextOfName` walks on. */
  firstOfName(name: number): number {
    return this.#firstOfName.array[name] ?? 0;
  }

  nextOfName(pair: number): number {
    return this.#next.array[pair]!;
  }

  /** Changes whenever a pair of the name comes or goes. */
  generationOf(name: number): number {
    return this.#generation.array[name] ?? 0;
  }

  /** The pair of two symbol ids, 0 when it is not there. */
  find(name: number, value: number): number {
    const table = this.#table.array;
    const mask = this.#state.array[TABLE_SIZE]! - 1;
    for (let slot = hashPair(name, value) & mask; ; slot = (slot + 1) & mask) {
      const pair = table[slot]!;
      if (pair === 0) return 0;
      if (this.#name.array[pair] === name && this.#value.array[pair] === value) return pair;
    }
  }

  /** The pair of two texts, made when it is new. */
  intern(nameText: string, valueText: string): number {
    const knownName = this.symbols.find(nameText);
    const knownValue = knownName === 0 ? 0 : this.symbols.find(valueText);
    if (knownValue !== 0) {
      const known = this.find(knownName, knownValue);
      if (known !== 0) return known;
    }
    const name = this.symbols.acquire(nameText);
    const value = this.symbols.acquire(valueText);
    const state = this.#state.array;
    let pair = state[FREE]!;
    if (pair === 0) {
      pair = state[COUNT]!;
      for (const column of [this.#name, this.#value, this.#next, this.#at, this.#size])
        column.ensure(pair + 1);
      this.#capacityLog.ensure(pair + 1);
      this.#unsorted.ensure(pair + 1);
      state[COUNT] = pair + 1;
    } else state[FREE] = this.#next.array[pair]!;
    this.#name.array[pair] = name;
    this.#value.array[pair] = value;
    this.#at.array[pair] = 0;
    this.#size.array[pair] = 0;
    this.#capacityLog.array[pair] = 0;
    this.#unsorted.array[pair] = 0;
    this.#link(pair);
    if (2 * state[COUNT]! > state[TABLE_SIZE]!) this.#resizeTable(2 * state[TABLE_SIZE]!);
    else this.#insert(pair);
    return pair;
  }

  /** Adds a series to a pair's postings. */
  add(pair: number, series: number): void {
    const size = this.#size.array[pair]!;
    if (size === 0 || size === 1 << this.#capacityLog.array[pair]!) this.#enlarge(pair, size);
    const at = this.#at.array[pair]!;
    const arena = this.#arena.words;
    if (size > 0 && arena[at + size - 1]! > series) this.#unsorted.array[pair] = 1;
    arena[at + size] = series;
    this.#size.array[pair] = size + 1;
  }

  /** Series of a pair in ascending order: a view where possible, valid until the next change. */
  postings(pair: number, mayWrite: boolean): Uint32Array {
    const size = pair === 0 ? 0 : this.#size.array[pair]!;
    if (size === 0) return NOTHING;
    const at = this.#at.array[pair]!;
    const view = this.#arena.words.subarray(at, at + size);
    if (this.#unsorted.array[pair] === 0) return view;
    if (!mayWrite) return view.slice().sort();
    view.sort();
    this.#unsorted.array[pair] = 0;
    return view;
  }

  /** Keeps the series for which `alive` is 1, frees empty pairs and the symbols that only they used. */
  sweep(alive: Uint8Array): void {
    const state = this.#state.array;
    this.#firstOfName.array.fill(0);
    state[NAMES] = 0;
    for (let pair = 1; pair < state[COUNT]!; pair++) {
      if (this.#name.array[pair] === 0) continue;
      const size = this.#size.array[pair]!;
      const at = this.#at.array[pair]!;
      let kept = 0;
      const words = this.#arena.words;
      for (let i = at; i < at + size; i++) if (alive[words[i]!] === 1) words[at + kept++] = words[i]!;
      this.#size.array[pair] = kept;
      if (kept > 0) {
        this.#shrink(pair, kept);
        this.#link(pair);
      } else this.#free(pair, size);
    }
    this.#resizeTable(state[TABLE_SIZE]!);
    this.symbols.sweep();
  }

  #free(pair: number, size: number): void {
    if (size > 0) this.#arena.give(this.#at.array[pair]!, this.#capacityLog.array[pair]!);
    const name = this.#name.array[pair]!;
    this.#generation.array[name]! += 1;
    this.symbols.release(name);
    this.symbols.release(this.#value.array[pair]!);
    this.#name.array[pair] = 0;
    this.#next.array[pair] = this.#state.array[FREE]!;
    this.#state.array[FREE] = pair;
  }

  #link(pair: number): void {
    const name = this.#name.array[pair]!;
    this.#firstOfName.ensure(name + 1);
    this.#generation.ensure(name + 1);
    const first = this.#firstOfName.array[name]!;
    if (first === 0) {
      const state = this.#state.array;
      this.#names.ensure(state[NAMES]! + 1);
      this.#names.array[state[NAMES]!] = name;
      state[NAMES]! += 1;
    }
    this.#next.array[pair] = first;
    this.#firstOfName.array[name] = pair;
    this.#generation.array[name]! += 1;
  }

  #enlarge(pair: number, size: number): void {
    const log = this.#capacityLog.array[pair]!;
    if (size === 0) this.#at.array[pair] = this.#arena.take(0);
    else {
      this.#at.array[pair] = this.#arena.move(this.#at.array[pair]!, log, size, log + 1);
      this.#capacityLog.array[pair] = log + 1;
    }
  }

  #shrink(pair: number, size: number): void {
    const log = 32 - Math.clz32(size - 1);
    const oldLog = this.#capacityLog.array[pair]!;
    if (log >= oldLog) return;
    this.#at.array[pair] = this.#arena.move(this.#at.array[pair]!, oldLog, size, log);
    this.#capacityLog.array[pair] = log;
  }

  #insert(pair: number): void {
    const table = this.#table.array;
    const mask = this.#state.array[TABLE_SIZE]! - 1;
    let slot = hashPair(this.#name.array[pair]!, this.#value.array[pair]!) & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = pair;
  }

  #resizeTable(size: number): void {
    this.#table.ensure(size);
    this.#table.array.fill(0, 0, size);
    this.#state.array[TABLE_SIZE] = size;
    for (let pair = 1; pair < this.limit; pair++) if (this.#name.array[pair] !== 0) this.#insert(pair);
  }
}

function hashPair(name: number, value: number): number {
  const hash = Math.imul(name, 0x9e3779b1) ^ Math.imul(value, 0x85ebca6b);
  return (hash ^ (hash >>> 15)) >>> 0;
}
