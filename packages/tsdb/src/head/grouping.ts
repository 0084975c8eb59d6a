import type { HeadMemory } from './headMemory.ts';
import type { Members } from './members.ts';
import type { Sealing } from './sealing.ts';

/** Finds the group of series that get their samples together, batch by batch. Writer only. */
export class Grouping {
  readonly #memory: HeadMemory;
  readonly #members: Members;
  readonly #sealing: Sealing;
  /** By time: the group that was made for it in this batch. */
  readonly #made = new Map<number, number>();
  /** The group of the sample before in the batch. */
  #last = 0;
  /** The largest group that the batch has touched at its newest time and that has room. */
  #gathering = 0;

  constructor(memory: HeadMemory, members: Members, sealing: Sealing) {
    this.#memory = memory;
    this.#members = members;
    this.#sealing = sealing;
  }

  beginBatch(): void {
    this.#made.clear();
    this.#last = 0;
    this.#gathering = 0;
  }

  /** Notes that a group's newest time is that of the sample at hand. */
  note(group: number, time: number): void {
    if (group === this.#last) return;
    this.#last = group;
    const { groupLive, groupLastTime } = this.#memory;
    const known = this.#gathering;
    const isBetter =
      known === 0 ||
      groupLastTime.array[known] !== time ||
      groupLive.array[group]! > groupLive.array[known]! ||
      this.#members.isFull(known);
    if (isBetter) this.#gathering = group;
  }

  /** Puts a series that has no group at this time into the one of its neighbour in the batch, or a new one. */
  join(series: number, time: number): number {
    return this.#members.join(series, this.#groupFor(time));
  }

  /**
   * Moves a series that is alone in its group (its samples came one series at a time) to the one that gets samples at
   * this very time, once its page is full. Returns its new member, 0 when it stays.
   */
  gather(series: number, group: number, time: number): number {
    const memory = this.#memory;
    const target = this.#gathering;
    if (memory.groupLive.array[group] !== 1 || target === 0 || target === group) return 0;
    const ticks = memory.groupTicks.array[group]!;
    const hasRoom = ticks > 0 && ticks < memory.groupTickLimit.array[group]!;
    if (hasRoom && time < memory.groupWindowEnd.array[group]!) return 0;
    if (memory.groupLastTime.array[target] !== time || this.#members.isFull(target)) return 0;
    this.#sealing.seal(group);
    this.#members.retire(memory.seriesMember.array[series]!);
    return this.#members.join(series, target);
  }

  #groupFor(time: number): number {
    const { groupLastTime } = this.#memory;
    const last = this.#last;
    if (last !== 0 && groupLastTime.array[last] === time && !this.#members.isFull(last)) return last;
    const made = this.#made.get(time);
    if (made !== undefined && groupLastTime.array[made]! <= time && !this.#members.isFull(made)) return made;
    const group = this.#members.createGroup();
    this.#made.set(time, group);
    return group;
  }
}
