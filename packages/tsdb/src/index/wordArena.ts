import type { ColumnSource } from './columns.ts';
import { type U32Column } from './columns.ts';

const USED = 0;
const FREE = 8;
const STATE_SIZE = 48;

/** Runs of 2^n words in one shared column, with a free list for each size. Address 0 is never given out. */
export class WordArena {
  readonly #state: U32Column;
  readonly #words: U32Column;

  constructor(columns: ColumnSource, name: string, capacity: number) {
    this.#state = columns.u32(`${name}State`, STATE_SIZE);
    this.#words = columns.u32(name, capacity);
    if (columns.isFresh) {
      this.#state.ensure(STATE_SIZE);
      this.#state.array[USED] = 1;
    }
  }

  /** The words; replaced when the arena grows. */
  get words(): Uint32Array {
    return this.#words.array;
  }

  /** Takes 2^log words. Their content is whatever was there. */
  take(log: number): number {
    const state = this.#state.array;
    const free = state[FREE + log]!;
    if (free !== 0) {
      state[FREE + log] = this.#words.array[free]!;
      return free;
    }
    const at = state[USED]!;
    this.#words.ensure(at + 2 ** log);
    state[USED] = at + 2 ** log;
    return at;
  }

  give(at: number, log: number): void {
    const state = this.#state.array;
    this.#words.array[at] = state[FREE + log]!;
    state[FREE + log] = at;
  }

  /** Moves `size` words from a run to a new one of another size and gives the old one back. */
  move(at: number, log: number, size: number, newLog: number): number {
    const moved = this.take(newLog);
    this.#words.array.copyWithin(moved, at, at + size);
    this.give(at, log);
    return moved;
  }
}
