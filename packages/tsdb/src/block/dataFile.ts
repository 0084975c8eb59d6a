import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32c } from '../codec/crc32c.ts';
import { TsdbError } from '../errors.ts';
import { DATA_PAGE } from './layout.ts';

const UNUSED = new FinalizationRegistry<number>((descriptor) => closeSync(descriptor));

/** Pages of data files in memory, at most `capacity` of them over all blocks; the least recently used goes first. */
export class PageCache {
  readonly #capacity: number;
  readonly #pages = new Map<string, Uint8Array>();

  constructor(capacityBytes: number) {
    this.#capacity = Math.max(4, Math.floor(capacityBytes / DATA_PAGE));
  }

  get(key: string, load: () => Uint8Array): Uint8Array {
    let page = this.#pages.get(key);
    if (page !== undefined) this.#pages.delete(key);
    else {
      page = load();
      if (this.#pages.size >= this.#capacity) this.#pages.delete(this.#pages.keys().next().value!);
    }
    this.#pages.set(key, page);
    return page;
  }
}

/** A block's data file, read by pages whose sums are checked when they are loaded. */
export class DataFile {
  readonly #path: string;
  readonly #cache: PageCache;
  readonly #sums: Uint32Array;
  readonly #descriptor: number;
  readonly #size: number;
  #lastPage = -1;
  #last: Uint8Array = new Uint8Array(0);

  constructor(path: string, sums: Uint32Array, cache: PageCache) {
    this.#path = path;
    this.#sums = sums;
    this.#cache = cache;
    this.#descriptor = openSync(path, 'r');
    this.#size = fstatSync(this.#descriptor).size;
  }

  /** Bytes [at, at + length), as a view where they lie in one page. Throws TSDB_CORRUPT_BLOCK. */
  read(at: number, length: number): Uint8Array {
    const first = Math.floor(at / DATA_PAGE);
    const last = Math.floor((at + length - 1) / DATA_PAGE);
    const offset = at - first * DATA_PAGE;
    if (first === last) return this.#page(first).subarray(offset, offset + length);
    const out = new Uint8Array(length);
    let filled = 0;
    for (let page = first; page <= last; page++) {
      const from = page === first ? offset : 0;
      const part = this.#page(page).subarray(from, Math.min(DATA_PAGE, from + length - filled));
      out.set(part, filled);
      filled += part.length;
    }
    return out;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Closes the file when no selection reads it any more; on disk it may be gone by then. */
  closeWhenUnused(): void {
    UNUSED.register(this, this.#descriptor);
  }

  #page(page: number): Uint8Array {
    if (page !== this.#lastPage) {
      this.#last = this.#cache.get(`${page}:${this.#path}`, () => this.#load(page));
      this.#lastPage = page;
    }
    return this.#last;
  }

  #load(page: number): Uint8Array {
    const at = page * DATA_PAGE;
    const bytes = new Uint8Array(Math.max(0, Math.min(DATA_PAGE, this.#size - at)));
    const read = readSync(this.#descriptor, bytes, 0, bytes.length, at);
    if (read !== bytes.length || page >= this.#sums.length || crc32c(bytes) !== this.#sums[page]) {
      throw new TsdbError(
        'TSDB_CORRUPT_BLOCK',
        `expected the checksum of page ${page} (byte ${at}) of ${this.#path} to match, found other bytes; restore the block from a backup or remove its folder`,
      );
    }
    return bytes;
  }
}
