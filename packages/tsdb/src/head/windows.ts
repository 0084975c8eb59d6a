import { SharedColumn, type U8Column } from '../index/columns.ts';
import { TsdbError } from '../errors.ts';
import type { WindowBytes } from './groupSnapshot.ts';

const MAX_WINDOW_BYTES = 4294901760;

interface OpenWindow {
  readonly id: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly arena: U8Column;
  used: number;
}

/** A window as a reader gets it. */
export interface SharedWindow {
  readonly id: number;
  readonly startMs: number;
  readonly buffer: SharedArrayBuffer;
}

/**
 * The sealed pages and histograms of the head, in one growing arena for each block range of time, so that dropping
 * a range gives all its memory back at once.
 */
export class Windows implements WindowBytes {
  readonly #rangeMs: number;
  readonly #byStart = new Map<number, OpenWindow>();
  readonly #byId = new Map<number, OpenWindow>();
  #nextId = 1;
  #last: OpenWindow | undefined;

  constructor(rangeMs: number) {
    this.#rangeMs = rangeMs;
  }

  /** The window that holds a time, made when it is new. */
  at(timeMs: number): OpenWindow {
    const last = this.#last;
    if (last !== undefined && timeMs >= last.startMs && timeMs < last.endMs) return last;
    const startMs = Math.floor(timeMs / this.#rangeMs) * this.#rangeMs;
    let window = this.#byStart.get(startMs);
    if (window === undefined) {
      const arena: U8Column = new SharedColumn(Uint8Array, MAX_WINDOW_BYTES);
      window = { id: this.#nextId++, startMs, endMs: startMs + this.#rangeMs, arena, used: 1 };
      this.#byStart.set(startMs, window);
      this.#byId.set(window.id, window);
    }
    this.#last = window;
    return window;
  }

  /** Copies bytes into a window and returns where they lie. */
  store(window: OpenWindow, bytes: Uint8Array, size: number): number {
    const at = window.used;
    if (at + size > MAX_WINDOW_BYTES) {
      throw new TsdbError('TSDB_LIMIT', `expected less than 4 GiB of samples in one block range, found more`);
    }
    window.arena.ensure(at + size);
    window.arena.array.set(size === bytes.length ? bytes : bytes.subarray(0, size), at);
    window.used = at + size;
    return at;
  }

  byId(id: number): Uint8Array | undefined {
    return this.#byId.get(id)?.arena.array;
  }

  byTime(timeMs: number): Uint8Array | undefined {
    return this.#byStart.get(Math.floor(timeMs / this.#rangeMs) * this.#rangeMs)?.arena.array;
  }

  /** Forgets the windows that end at or before a time. */
  dropBefore(timeMs: number): void {
    for (const [startMs, window] of this.#byStart) {
      if (window.endMs > timeMs) continue;
      this.#byStart.delete(startMs);
      this.#byId.delete(window.id);
    }
    this.#last = undefined;
  }

  shared(): readonly SharedWindow[] {
    return [...this.#byId.values()].map(({ id, startMs, arena }) => ({ id, startMs, buffer: arena.buffer }));
  }

  get sizeBytes(): number {
    let total = 0;
    for (const window of this.#byId.values()) total += window.used;
    return total;
  }
}

/** The windows as a reader in another thread sees them. */
export class AttachedWindows implements WindowBytes {
  readonly #rangeMs: number;
  readonly #byId = new Map<number, U8Column>();
  readonly #byStart = new Map<number, U8Column>();

  constructor(rangeMs: number, shared: readonly SharedWindow[]) {
    this.#rangeMs = rangeMs;
    for (const { id, startMs, buffer } of shared) {
      const column: U8Column = new SharedColumn(Uint8Array, buffer);
      this.#byId.set(id, column);
      this.#byStart.set(startMs, column);
    }
  }

  refresh(): void {
    for (const column of this.#byId.values()) column.refresh();
  }

  byId(id: number): Uint8Array | undefined {
    return this.#byId.get(id)?.array;
  }

  byTime(timeMs: number): Uint8Array | undefined {
    return this.#byStart.get(Math.floor(timeMs / this.#rangeMs) * this.#rangeMs)?.array;
  }
}
