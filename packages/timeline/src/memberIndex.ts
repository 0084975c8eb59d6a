import type { Block } from './block.ts';

/** Where members of a timeline may be, by hash: one block, `undefined` for nowhere, `null` for any of the blocks. */
export class MemberIndex {
  readonly #blocks = new Map<number, Block | null>();

  constructor(blocks: readonly Block[]) {
    for (const block of blocks) {
      for (let i = 0; i < block.count; i++) this.add(block.hashes[i]!, block);
    }
  }

  find(hash: number): Block | null | undefined {
    return this.#blocks.get(hash | 0);
  }

  add(hash: number, block: Block): void {
    // Members that share a hash are rare enough to be looked for everywhere from then on.
    this.#blocks.set(hash | 0, this.#blocks.has(hash | 0) ? null : block);
  }

  remove(hash: number): void {
    if (this.#blocks.get(hash | 0) !== null) this.#blocks.delete(hash | 0);
  }

  /** Tells that a member that was elsewhere is in a block now. */
  move(hash: number, block: Block): void {
    const known = this.#blocks.get(hash | 0);
    if (known !== null && known !== block) this.#blocks.set(hash | 0, block);
  }

  /** Tells that everything in a block was elsewhere before. */
  moveAll(block: Block): void {
    for (let i = 0; i < block.count; i++) this.move(block.hashes[i]!, block);
  }
}
