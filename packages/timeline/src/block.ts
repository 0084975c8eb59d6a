import type { Bytes, Position } from './contract.ts';
import { comparePositions } from './position.ts';

/** Most entries of a block: a compromise between decoding a cold block and the length of the list of blocks. */
export const BLOCK_ENTRIES = 128;

/** What a member last became. */
export interface Entry extends Position {
  readonly deleted: boolean;
}

/** Reads the entries of a block that was written earlier. */
export type BlockSource = (block: Block) => Entry[];

/**
 * A run of neighbouring entries of a timeline, newest first. The ends and the hashes of the members are always in
 * memory; the entries only once they are needed.
 */
export class Block {
  readonly id: number;
  count = 0;
  /** Position of the newest entry. */
  first: Position;
  /** Position of the oldest entry. */
  last: Position;
  /** Hashes of the members in the order of the entries; unused places are 0, which is no hash. */
  hashes: Uint32Array<ArrayBuffer>;
  /** True when the entries differ from what is stored. */
  dirty = true;
  #entries: Entry[] | undefined;
  readonly #source: BlockSource | undefined;

  private constructor(
    id: number,
    first: Position,
    last: Position,
    hashes: Uint32Array<ArrayBuffer>,
    source?: BlockSource,
  ) {
    this.id = id;
    this.first = first;
    this.last = last;
    this.hashes = hashes;
    this.#source = source;
  }

  /** A new block of these entries, newest first, at least one. */
  static of(id: number, entries: Entry[]): Block {
    return Block.#loaded(
      id,
      entries,
      entries.map(({ member }) => hashMember(member)),
    );
  }

  /** A new block of the entries of two neighbours, the newer one first, with the id of the newer one. */
  static join(newer: Block, older: Block): Block {
    const hashes = [...newer.hashes.subarray(0, newer.count), ...older.hashes.subarray(0, older.count)];
    return Block.#loaded(newer.id, [...newer.entries, ...older.entries], hashes);
  }

  static #loaded(id: number, entries: Entry[], hashes: ArrayLike<number>): Block {
    const block = new Block(id, entries[0]!, entries.at(-1)!, new Uint32Array(hashCapacity(entries.length)));
    block.#entries = entries;
    block.count = entries.length;
    block.hashes.set(hashes);
    return block;
  }

  /** A block that is stored; `source` reads its entries when they are needed. */
  static stored(
    id: number,
    count: number,
    ends: { first: Position; last: Position },
    hashes: Uint32Array<ArrayBuffer>,
    source: BlockSource,
  ): Block {
    const block = new Block(id, ends.first, ends.last, hashes, source);
    block.count = count;
    block.dirty = false;
    return block;
  }

  /** The entries, newest first, read when they were not in memory. Callers do not change them. */
  get entries(): readonly Entry[] {
    return this.#load();
  }

  /** The index of a member, or -1. `hash` is `hashMember(member)`. */
  find(member: Bytes, hash: number): number {
    let index = this.hashes.indexOf(hash);
    while (index >= 0 && this.#load()[index]!.member !== member) index = this.hashes.indexOf(hash, index + 1);
    return index;
  }

  /** The index of the first entry that is older than `position`, or at it when `inclusive`. */
  seek(position: Position, inclusive: boolean): number {
    // Most writes are newer than all that is there; that costs no look at the entries.
    if (comparePositions(this.first, position) < 0) return 0;
    const entries = this.#load();
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = comparePositions(entries[middle]!, position);
      if (order < 0 || (inclusive && order === 0)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Puts a member in that the block does not have. */
  insert(entry: Entry, hash: number): void {
    const entries = this.#load();
    const index = this.seek(entry, true);
    entries.splice(index, 0, entry);
    if (this.count === this.hashes.length) {
      const grown = new Uint32Array(hashCapacity(this.count + 1));
      grown.set(this.hashes);
      this.hashes = grown;
    }
    this.hashes.copyWithin(index + 1, index, this.count);
    this.hashes[index] = hash;
    this.count++;
    this.#changed();
  }

  /** Replaces an entry by one of the same position. */
  replace(index: number, entry: Entry): void {
    this.#load()[index] = entry;
    this.dirty = true;
  }

  /** Takes the entry at `index` out. The block may be empty afterwards. */
  remove(index: number): Entry {
    const [entry] = this.#load().splice(index, 1);
    this.hashes.copyWithin(index, index + 1, this.count);
    this.hashes[--this.count] = 0;
    if (this.count > 0) this.#changed();
    return entry!;
  }

  /** Moves the older half of the entries into a new block. */
  split(newId: number): Block {
    const entries = this.#load();
    const half = entries.length >>> 1;
    const older = Block.#loaded(newId, entries.splice(half), this.hashes.subarray(half, this.count));
    this.hashes.fill(0, half);
    this.count = half;
    this.#changed();
    return older;
  }

  #load(): Entry[] {
    this.#entries ??= this.#source!(this);
    return this.#entries;
  }

  #changed(): void {
    this.first = this.#entries![0]!;
    this.last = this.#entries!.at(-1)!;
    this.dirty = true;
  }
}

/** FNV-1a over the bytes; never 0. */
export function hashMember(member: Bytes): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < member.length; i++) hash = Math.imul(hash ^ member.charCodeAt(i), 0x01000193);
  return hash >>> 0 || 1;
}

function hashCapacity(count: number): number {
  let capacity = 8;
  while (capacity < count) capacity *= 2;
  return capacity;
}
