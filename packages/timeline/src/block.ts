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
  /** Hashes of the members in no order; unused places are 0, which is no hash. */
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
    const block = new Block(id, entries[0]!, entries.at(-1)!, new Uint32Array(hashCapacity(entries.length)));
    block.#entries = entries;
    block.count = entries.length;
    for (let i = 0; i < entries.length; i++) block.hashes[i] = hashMember(entries[i]!.member);
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

  /** True when the entries are in memory. */
  get loaded(): boolean {
    return this.#entries !== undefined;
  }

  /** The entries, newest first, read when they were not in memory. Callers do not change them. */
  get entries(): readonly Entry[] {
    return this.#load();
  }

  /** The index of a member, or -1. `hash` is `hashMember(member)`. */
  find(member: Bytes, hash: number): number {
    if (!this.hashes.includes(hash)) return -1;
    const entries = this.#load();
    for (let i = 0; i < entries.length; i++) if (entries[i]!.member === member) return i;
    return -1;
  }

  /** The index of the first entry that is older than `position`, or at it when `inclusive`. */
  seek(position: Position, inclusive: boolean): number {
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
    entries.splice(this.seek(entry, true), 0, entry);
    if (this.count === this.hashes.length) {
      const grown = new Uint32Array(hashCapacity(this.count + 1));
      grown.set(this.hashes);
      this.hashes = grown;
    }
    this.hashes[this.count++] = hash;
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
    const at = this.hashes.indexOf(hashMember(entry!.member));
    this.count--;
    this.hashes[at] = this.hashes[this.count]!;
    this.hashes[this.count] = 0;
    if (this.count > 0) this.#changed();
    return entry!;
  }

  /** Moves the older half of the entries into a new block. */
  split(newId: number): Block {
    const entries = this.#load();
    const older = entries.splice(entries.length >>> 1);
    const newer = Block.of(this.id, entries);
    this.count = newer.count;
    this.hashes = newer.hashes;
    this.#changed();
    return Block.of(newId, older);
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
