import { Block, BLOCK_ENTRIES, hashMember, type Entry } from './block.ts';
import type { Position, TimelineState } from './contract.ts';
import { MemberIndex } from './memberIndex.ts';
import { comparePositions, maxFloor, type Bound } from './position.ts';

/** What applying one entry did. `changed` also when only the floor rose. */
export interface ApplyResult {
  readonly status: 'applied' | 'noop' | 'refused';
  readonly evicted: number;
  readonly changed: boolean;
}

const NOOP: ApplyResult = { status: 'noop', evicted: 0, changed: false };
const REFUSED: ApplyResult = { status: 'refused', evicted: 0, changed: false };
const OUTRANKED: ApplyResult = { status: 'refused', evicted: 0, changed: true };
const APPLIED: ApplyResult = { status: 'applied', evicted: 0, changed: true };

/** Timelines of more blocks than this have an index once they are written to. */
const UNINDEXED_BLOCKS = 4;
const NO_BLOCKS: readonly Block[] = [];

/**
 * One bounded LWW element set. Of the operations it was given it keeps, by position, the newest `capacity` winners
 * (live and tombstones together) and the floor: the newest position that is no longer kept. That pair is a function
 * of the set of operations alone, whatever their order and repetition (docs/timeline.md has the argument).
 */
export class Timeline {
  floor: Position | undefined;
  live = 0;
  tombstones = 0;
  /** Newest first. */
  readonly blocks: Block[] = [];
  /** The id that the next new block gets. */
  nextBlockId = 0;
  /** Where a store that keeps blocks elsewhere collects the ids of those that are no longer part of the timeline. */
  removedBlockIds: number[] | undefined;
  /** Entries of blocks that were not read yet. */
  unloaded = 0;
  #index: MemberIndex | undefined;

  /** Whether members are found without a look into every block. */
  get indexed(): boolean {
    return this.#index !== undefined;
  }

  get size(): number {
    return this.live + this.tombstones;
  }

  /** Applies what one operation makes of a member. */
  apply(entry: Entry, capacity: number): ApplyResult {
    if (this.floor !== undefined && comparePositions(entry, this.floor) <= 0) return REFUSED;
    const hash = hashMember(entry.member);
    for (const block of this.#blocksWith(hash)) {
      const index = block.find(entry.member, hash);
      if (index >= 0) return this.#update(block, index, entry, hash);
    }
    this.#insert(entry, hash);
    return this.size > capacity ? this.#evict(entry, capacity) : APPLIED;
  }

  /** Raises the floor: what lies at or below it is forgotten and cannot come back. Returns how many entries went. */
  raiseFloor(floor: Position): number {
    this.floor = maxFloor(this.floor, floor);
    let dropped = 0;
    for (let block = this.blocks.at(-1); block !== undefined; block = this.blocks.at(-1)) {
      if (comparePositions(block.last, floor) > 0) break;
      this.#remove(this.blocks.length - 1, block.count - 1);
      dropped++;
    }
    return dropped;
  }

  /** Everything the timeline remembers. */
  state(): TimelineState {
    const live: Position[] = [];
    const tombstones: Position[] = [];
    for (const block of this.blocks) {
      for (const { score, member, deleted } of block.entries)
        (deleted ? tombstones : live).push({ score, member });
    }
    return this.floor === undefined ? { live, tombstones } : { live, tombstones, floor: this.floor };
  }

  /** Visits live entries newest first, below `upper`, until `visit` returns false. */
  scanNewest(upper: Bound | undefined, visit: (entry: Entry) => boolean): void {
    for (const block of this.blocks) {
      let index = 0;
      if (upper !== undefined) {
        if (isAbove(block.last, upper)) continue;
        if (isAbove(block.first, upper)) index = block.seek(upper, upper.inclusive);
      }
      const { entries } = block;
      for (; index < entries.length; index++) {
        const entry = entries[index]!;
        if (!entry.deleted && !visit(entry)) return;
      }
    }
  }

  /** Visits live entries oldest first, above `lower`, until `visit` returns false. */
  scanOldest(lower: Bound | undefined, visit: (entry: Entry) => boolean): void {
    for (let b = this.blocks.length - 1; b >= 0; b--) {
      const block = this.blocks[b]!;
      let index = block.count - 1;
      if (lower !== undefined) {
        if (isBelow(block.first, lower)) continue;
        if (isBelow(block.last, lower)) index = block.seek(lower, !lower.inclusive) - 1;
      }
      const { entries } = block;
      for (; index >= 0; index--) {
        const entry = entries[index]!;
        if (!entry.deleted && !visit(entry)) return;
      }
    }
  }

  /** The blocks where a member of this hash may be. */
  #blocksWith(hash: number): readonly Block[] {
    if (this.#index === undefined) {
      if (this.blocks.length <= UNINDEXED_BLOCKS) return this.blocks;
      this.#index = new MemberIndex(this.blocks);
    }
    const found = this.#index.find(hash);
    if (found === null) return this.blocks;
    return found === undefined ? NO_BLOCKS : [found];
  }

  #update(block: Block, index: number, entry: Entry, hash: number): ApplyResult {
    const current = block.entries[index]!;
    if (!wins(entry, current)) return NOOP;
    if (entry.score === current.score) {
      block.replace(index, entry);
      this.live--;
      this.tombstones++;
    } else {
      this.#takeOut(this.blocks.indexOf(block), index);
      this.#insert(entry, hash, true);
    }
    return APPLIED;
  }

  /** Puts an entry in its place; `moved`: the index knows its member already. */
  #insert(entry: Entry, hash: number, moved = false): void {
    if (entry.deleted) this.tombstones++;
    else this.live++;
    const { blocks } = this;
    if (blocks.length === 0) {
      blocks.push(Block.of(this.nextBlockId++, [entry]));
      this.#place(hash, blocks[0]!, moved);
      return;
    }
    let b = 0;
    while (b < blocks.length - 1 && comparePositions(blocks[b]!.last, entry) > 0) b++;
    const block = blocks[b]!;
    block.insert(entry, hash);
    this.#place(hash, block, moved);
    if (block.count <= BLOCK_ENTRIES) return;
    const older = block.split(this.nextBlockId++);
    blocks.splice(b + 1, 0, older);
    this.#index?.moveAll(older);
  }

  #place(hash: number, block: Block, moved: boolean): void {
    if (moved) this.#index?.move(hash, block);
    else this.#index?.add(hash, block);
  }

  #remove(blockIndex: number, index: number): Entry {
    this.#index?.remove(this.blocks[blockIndex]!.hashes[index]!);
    return this.#takeOut(blockIndex, index);
  }

  /** Removes an entry whose member stays in the index. */
  #takeOut(blockIndex: number, index: number): Entry {
    const block = this.blocks[blockIndex]!;
    const entry = block.remove(index);
    if (entry.deleted) this.tombstones--;
    else this.live--;
    if (block.count === 0) {
      this.blocks.splice(blockIndex, 1);
      this.removedBlockIds?.push(block.id);
    } else if (block.count < BLOCK_ENTRIES / 4) {
      this.#joinWithNext(blockIndex);
    }
    return entry;
  }

  /** Keeps the list of blocks short when members move away from the middle of a timeline. */
  #joinWithNext(blockIndex: number): void {
    const block = this.blocks[blockIndex]!;
    const next = this.blocks[blockIndex + 1];
    if (next === undefined || block.count + next.count > BLOCK_ENTRIES * 0.75) return;
    const joined = Block.join(block, next);
    this.blocks.splice(blockIndex, 2, joined);
    this.#index?.moveAll(joined);
    this.removedBlockIds?.push(next.id);
  }

  #evict(applied: Entry, capacity: number): ApplyResult {
    let evicted = 0;
    let self = false;
    while (this.size > capacity) {
      const last = this.blocks.length - 1;
      const { score, member } = this.#remove(last, this.blocks[last]!.count - 1);
      this.floor = maxFloor(this.floor, { score, member });
      if (member === applied.member) self = true;
      else evicted++;
    }
    if (self && evicted === 0) return OUTRANKED;
    return { status: self ? 'refused' : 'applied', evicted, changed: true };
  }
}

/** Whether `challenger` replaces `current` on their member: the higher score, and on a tie the delete. */
export function wins(challenger: Entry, current: Entry): boolean {
  if (challenger.score !== current.score) return challenger.score > current.score;
  return challenger.deleted && !current.deleted;
}

function isAbove(position: Position, upper: Bound): boolean {
  const order = comparePositions(position, upper);
  return order > 0 || (order === 0 && !upper.inclusive);
}

function isBelow(position: Position, lower: Bound): boolean {
  const order = comparePositions(position, lower);
  return order < 0 || (order === 0 && !lower.inclusive);
}
