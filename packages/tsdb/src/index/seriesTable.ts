import { Labels } from '@binnacle/model';
import type { ColumnSource } from './columns.ts';
import { type U32Column } from './columns.ts';
import { combineHash } from './hashing.ts';
import { Pairs } from './pairs.ts';

const COUNT = 0;
const LIVE = 1;
const FREE = 2;
const ARENA_USED = 3;
const TABLE_SIZE = 4;
const ARENA_FREE = 8; // one free list for each number of labels
const MAX_LABELS = 256;
const STATE_SIZE = ARENA_FREE + MAX_LABELS + 1;

/** The starting value of a label set's hash. */
export const HASH_SEED = 0x5bd1e995;

/**
 * The label sets of the head's series in shared memory, and the way from labels to series. Series ids start at 1; a
 * freed id is given out again.
 */
export class SeriesTable {
  readonly pairs: Pairs;
  readonly #state: U32Column;
  readonly #labels: U32Column;
  readonly #hash: U32Column;
  readonly #arena: U32Column;
  readonly #table: U32Column;
  readonly #scratch = new Uint32Array(MAX_LABELS);

  constructor(columns: ColumnSource, maxSeries: number) {
    this.pairs = new Pairs(columns, maxSeries);
    this.#state = columns.u32('seriesState', STATE_SIZE);
    this.#labels = columns.u32('seriesLabels', maxSeries);
    this.#hash = columns.u32('seriesHash', maxSeries);
    this.#arena = columns.u32('labelArena', Math.min(1e9, maxSeries * 32));
    this.#table = columns.u32('seriesTable', maxSeries * 4);
    if (columns.isFresh) {
      this.#state.ensure(STATE_SIZE);
      this.#state.array[COUNT] = 1;
      this.#state.array[ARENA_USED] = 1;
      this.#resizeTable(1024);
    }
  }

  /** One more than the largest id. */
  get limit(): number {
    return this.#state.array[COUNT]!;
  }

  /** Number of series. */
  get live(): number {
    return this.#state.array[LIVE]!;
  }

  isLive(series: number): boolean {
    return series > 0 && series < this.limit && this.#labels.array[series] !== 0;
  }

  /** A hash of the labels' text, the same in every store and block. */
  hashOf(series: number): number {
    return this.#hash.array[series]!;
  }

  labelCount(series: number): number {
    return this.#arena.array[this.#labels.array[series]!]!;
  }

  /** The `index`-th pair of a series, in the order of label names. */
  pairAt(series: number, index: number): number {
    return this.#arena.array[this.#labels.array[series]! + 1 + index]!;
  }

  /** The series' pair with a label name, 0 for none. */
  pairWithName(series: number, name: number): number {
    const at = this.#labels.array[series]!;
    const arena = this.#arena.array;
    for (let i = at + 1, end = at + arena[at]!; i <= end; i++) {
      if (this.pairs.nameOf(arena[i]!) === name) return arena[i]!;
    }
    return 0;
  }

  labels(series: number): Labels {
    const count = this.labelCount(series);
    const names: string[] = [];
    const values: string[] = [];
    const { pairs } = this;
    for (let i = 0; i < count; i++) {
      const pair = this.pairAt(series, i);
      names.push(pairs.symbols.text(pairs.nameOf(pair)));
      values.push(pairs.symbols.text(pairs.valueOf(pair)));
    }
    return new Labels(names, values);
  }

  /** The series of a label set, 0 when there is none. */
  find(labels: Labels): number {
    const { pairs } = this;
    const count = labels.size;
    let hash = HASH_SEED;
    for (let i = 0; i < count; i++) {
      const name = pairs.symbols.find(labels.names[i]!);
      const value = name === 0 ? 0 : pairs.symbols.find(labels.values[i]!);
      const pair = value === 0 ? 0 : pairs.find(name, value);
      if (pair === 0) return 0;
      this.#scratch[i] = pair;
      hash = combineHash(combineHash(hash, pairs.symbols.hashOf(name)), pairs.symbols.hashOf(value));
    }
    return this.#findPairs(hash, count);
  }

  /** Calls `visit` for every series with this hash until it returns true; gives that series or 0. */
  findByHash(hash: number, visit: (series: number) => boolean): number {
    const table = this.#table.array;
    const mask = this.#state.array[TABLE_SIZE]! - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const series = table[slot]!;
      if (series === 0) return 0;
      if (this.#hash.array[series] === hash && visit(series)) return series;
    }
  }

  /** Adds a label set that is not there yet (at most 256 labels), under `id` when given. Returns the series. */
  add(labels: Labels, id?: number): number {
    const { pairs } = this;
    const count = labels.size;
    const at = this.#takeLabels(count);
    let hash = HASH_SEED;
    for (let i = 0; i < count; i++) {
      const pair = pairs.intern(labels.names[i]!, labels.values[i]!);
      this.#arena.array[at + 1 + i] = pair;
      const nameHash = pairs.symbols.hashOf(pairs.nameOf(pair));
      hash = combineHash(combineHash(hash, nameHash), pairs.symbols.hashOf(pairs.valueOf(pair)));
    }
    this.#arena.array[at] = count;
    const series = id ?? this.#takeId();
    if (id !== undefined) this.#claimId(id);
    this.#labels.array[series] = at;
    this.#hash.array[series] = hash;
    for (let i = 0; i < count; i++) pairs.add(this.#arena.array[at + 1 + i]!, series);
    const state = this.#state.array;
    state[LIVE]! += 1;
    if (2 * state[COUNT]! > state[TABLE_SIZE]!) this.#resizeTable(2 * state[TABLE_SIZE]!);
    else this.#insert(series);
    return series;
  }

  /** Removes every series for which `alive` is not 1, with its postings, pairs and symbols. */
  sweep(alive: Uint8Array): void {
    const state = this.#state.array;
    this.pairs.sweep(alive);
    // From the top, so that the free list hands out low ids first and postings mostly stay in order.
    for (let series = this.limit - 1; series > 0; series--) {
      const at = this.#labels.array[series]!;
      if (at === 0 || alive[series] === 1) continue;
      const count = this.#arena.array[at]!;
      this.#arena.array[at] = state[ARENA_FREE + count]!;
      state[ARENA_FREE + count] = at;
      this.#labels.array[series] = 0;
      this.#hash.array[series] = state[FREE]!;
      state[FREE] = series;
      state[LIVE]! -= 1;
    }
    this.#resizeTable(state[TABLE_SIZE]!);
  }

  #takeId(): number {
    const state = this.#state.array;
    const free = state[FREE]!;
    if (free !== 0) {
      state[FREE] = this.#hash.array[free]!;
      return free;
    }
    const series = state[COUNT]!;
    this.#labels.ensure(series + 1);
    this.#hash.ensure(series + 1);
    state[COUNT] = series + 1;
    return series;
  }

  /** Takes a given id (replay); ids skipped on the way become free. */
  #claimId(id: number): void {
    const state = this.#state.array;
    this.#labels.ensure(id + 1);
    this.#hash.ensure(id + 1);
    if (id >= state[COUNT]!) {
      for (let skipped = id - 1; skipped >= state[COUNT]!; skipped--) {
        this.#hash.array[skipped] = state[FREE]!;
        state[FREE] = skipped;
      }
      state[COUNT] = id + 1;
      return;
    }
    if (state[FREE] === id) {
      state[FREE] = this.#hash.array[id]!;
      return;
    }
    let previous = state[FREE]!;
    while (previous !== 0 && this.#hash.array[previous] !== id) previous = this.#hash.array[previous]!;
    if (previous !== 0) this.#hash.array[previous] = this.#hash.array[id]!;
  }

  #takeLabels(count: number): number {
    const state = this.#state.array;
    const free = state[ARENA_FREE + count]!;
    if (free !== 0) {
      state[ARENA_FREE + count] = this.#arena.array[free]!;
      return free;
    }
    const at = state[ARENA_USED]!;
    this.#arena.ensure(at + 1 + count);
    state[ARENA_USED] = at + 1 + count;
    return at;
  }

  #findPairs(hash: number, count: number): number {
    return this.findByHash(hash, (series) => {
      if (this.labelCount(series) !== count) return false;
      for (let i = 0; i < count; i++) if (this.pairAt(series, i) !== this.#scratch[i]) return false;
      return true;
    });
  }

  #insert(series: number): void {
    const table = this.#table.array;
    const mask = this.#state.array[TABLE_SIZE]! - 1;
    let slot = this.#hash.array[series]! & mask;
    while (table[slot] !== 0) slot = (slot + 1) & mask;
    table[slot] = series;
  }

  #resizeTable(size: number): void {
    this.#table.ensure(size);
    this.#table.array.fill(0, 0, size);
    this.#state.array[TABLE_SIZE] = size;
    for (let series = 1; series < this.limit; series++)
      if (this.#labels.array[series] !== 0) this.#insert(series);
  }
}
