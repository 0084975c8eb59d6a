import { TsdbError } from '../errors.ts';

const SMALL_BYTES = 256 * 1024;

/**
 * A typed array in shared memory that grows in place: its address space is reserved once, pages come from the
 * system when first touched, and readers in other threads see the growth. `array` is a view of fixed length, which V8
 * reads as fast as an ordinary typed array; `ensure` (writer) and `refresh` (reader) replace it.
 */
export class SharedColumn<A extends Uint8Array | Uint32Array | Float64Array> {
  array: A;
  readonly buffer: SharedArrayBuffer;
  readonly #type: ColumnType<A>;

  constructor(type: ColumnType<A>, source: number | SharedArrayBuffer) {
    this.#type = type;
    this.buffer = typeof source === 'number' ? reserve(source * type.BYTES_PER_ELEMENT) : source;
    this.array = this.#view();
  }

  /** Makes indices below `count` valid. Throws TSDB_LIMIT beyond the reserved size. */
  ensure(count: number): void {
    if (count <= this.array.length) return;
    const needed = count * this.#type.BYTES_PER_ELEMENT;
    if (!this.buffer.growable || needed > this.buffer.maxByteLength) {
      throw new TsdbError(
        'TSDB_LIMIT',
        `expected at most ${this.buffer.maxByteLength} bytes in one column of the head, found a need of ${needed}; raise maxSeries`,
      );
    }
    const size = Math.min(this.buffer.maxByteLength, Math.max(alignUp(needed), 2 * this.buffer.byteLength));
    try {
      this.buffer.grow(size);
    } catch (error) {
      throw new TsdbError(
        'TSDB_LIMIT',
        `expected ${size} bytes of memory from the system, found none`,
        error,
      );
    }
    this.array = this.#view();
  }

  /** Sees what the writer has added. */
  refresh(): void {
    if (this.array.byteLength !== this.buffer.byteLength) this.array = this.#view();
  }

  #view(): A {
    const length = Math.floor(this.buffer.byteLength / this.#type.BYTES_PER_ELEMENT);
    return new this.#type(this.buffer, 0, length);
  }
}

interface ColumnType<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: SharedArrayBuffer, byteOffset: number, length: number): A;
}

export type U8Column = SharedColumn<Uint8Array>;
export type U32Column = SharedColumn<Uint32Array>;
export type F64Column = SharedColumn<Float64Array>;

/** Columns by name, as they travel to a reader in another thread. */
export type SharedBuffers = Readonly<Record<string, SharedArrayBuffer>>;

/** Creates columns (writer) or attaches them by name (reader), so that both have one list. */
export class ColumnSource {
  /** True for the writer, whose columns are empty at first. */
  readonly isFresh: boolean;
  readonly #given: SharedBuffers | undefined;
  readonly #columns = new Map<string, SharedColumn<Uint8Array> | U32Column | F64Column>();

  constructor(given?: SharedBuffers) {
    this.#given = given;
    this.isFresh = given === undefined;
  }

  u8(name: string, capacity: number): U8Column {
    return this.#add(name, new SharedColumn(Uint8Array, this.#given?.[name] ?? capacity));
  }

  u32(name: string, capacity: number): U32Column {
    return this.#add(name, new SharedColumn(Uint32Array, this.#given?.[name] ?? capacity));
  }

  f64(name: string, capacity: number): F64Column {
    return this.#add(name, new SharedColumn(Float64Array, this.#given?.[name] ?? capacity));
  }

  /** Everything a reader needs to attach. */
  buffers(): SharedBuffers {
    return Object.fromEntries([...this.#columns].map(([name, column]) => [name, column.buffer]));
  }

  refresh(): void {
    for (const column of this.#columns.values()) column.refresh();
  }

  #add<C extends U8Column | U32Column | F64Column>(name: string, column: C): C {
    this.#columns.set(name, column);
    return column;
  }
}

/** Small columns are made whole: every one that grows takes two of the system's limited number of mappings. */
function reserve(bytes: number): SharedArrayBuffer {
  const size = alignUp(bytes);
  return size <= SMALL_BYTES
    ? new SharedArrayBuffer(size)
    : new SharedArrayBuffer(0, { maxByteLength: size });
}

function alignUp(bytes: number): number {
  return Math.ceil(bytes / 65536) * 65536;
}
