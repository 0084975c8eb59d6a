/** A column of times that was written, with what it takes to find it again. */
interface Column {
  readonly id: number;
  readonly times: Float64Array;
}

/** How a chunk's times relate to a written column: all of it, or the marked part. */
export interface ColumnUse {
  readonly id: number;
  readonly bitmap: Uint8Array | undefined;
}

const RECENT = 4;
const MAX_KEPT = 20_000;

/** Finds columns that hold the same times, or the times among others, so that each is written once. */
export class TimeColumns {
  readonly #write: (times: Float64Array) => number;
  readonly #byHash = new Map<number, Column[]>();
  readonly #recent = new Map<number, Column[]>();
  #kept = 0;

  /** `write` stores a new column and returns its id. */
  constructor(write: (times: Float64Array) => number) {
    this.#write = write;
  }

  /** The column for times of one span (chunks of different spans never share). */
  use(times: Float64Array, from: number, to: number, span: number): ColumnUse {
    const hash = hashTimes(times, from, to);
    const same = this.#byHash.get(hash)?.find((column) => isSame(column.times, times, from, to));
    if (same !== undefined) return { id: same.id, bitmap: undefined };
    const count = to - from;
    for (const column of this.#recent.get(span) ?? []) {
      if (column.times.length > 8 * (16 + count)) continue;
      const bitmap = markSubset(column.times, times, from, to);
      if (bitmap !== undefined) return { id: column.id, bitmap };
    }
    const own = times.slice(from, to);
    const column = { id: this.#write(own), times: own };
    this.#keep(column, hash, span);
    return { id: column.id, bitmap: undefined };
  }

  #keep(column: Column, hash: number, span: number): void {
    if (this.#kept++ === MAX_KEPT) {
      this.#byHash.clear();
      this.#recent.clear();
      this.#kept = 1;
    }
    const bucket = this.#byHash.get(hash);
    if (bucket === undefined) this.#byHash.set(hash, [column]);
    else bucket.push(column);
    const recent = this.#recent.get(span) ?? [];
    recent.unshift(column);
    this.#recent.set(span, recent.slice(0, RECENT));
  }
}

function hashTimes(times: Float64Array, from: number, to: number): number {
  let hash = to - from;
  for (let i = from; i < to; i++) hash = (Math.imul(hash, 0x01000193) ^ (times[i]! % 4294967296)) | 0;
  return hash;
}

function isSame(column: Float64Array, times: Float64Array, from: number, to: number): boolean {
  if (column.length !== to - from) return false;
  for (let i = 0; i < column.length; i++) if (column[i] !== times[from + i]) return false;
  return true;
}

function markSubset(
  column: Float64Array,
  times: Float64Array,
  from: number,
  to: number,
): Uint8Array | undefined {
  if (to - from > column.length) return undefined;
  const bitmap = new Uint8Array((column.length + 7) >>> 3);
  let at = from;
  for (let i = 0; i < column.length && at < to; i++) {
    if (column[i] === times[at]) {
      bitmap[i >>> 3]! |= 1 << (i & 7);
      at++;
    } else if (column[i]! > times[at]!) return undefined;
  }
  return at === to ? bitmap : undefined;
}
