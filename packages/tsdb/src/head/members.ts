import { MAX_GROUP, PAGE_TICKS, STATE, type HeadMemory } from './headMemory.ts';

/** Makes and frees groups, and the members that tie series to them. Writer only. */
export class Members {
  readonly #memory: HeadMemory;
  #tailWords: Uint32Array;

  constructor(memory: HeadMemory) {
    this.#memory = memory;
    this.#tailWords = new Uint32Array(memory.tails.buffer, 0, 2 * memory.tails.array.length);
  }

  /** The words of every tail: sample `slot` of tail `t` is at 2 * (PAGE_TICKS * t + slot). */
  get tailWords(): Uint32Array {
    return this.#tailWords;
  }

  isFull(group: number): boolean {
    return this.#memory.groupMembers.array[group]! >= MAX_GROUP;
  }

  createGroup(): number {
    const memory = this.#memory;
    const state = memory.state.array;
    let group = state[STATE.groupFree]!;
    if (group === 0) {
      group = state[STATE.groups]!;
      memory.groupTimes.ensure((group + 1) * PAGE_TICKS);
      for (const column of [
        memory.groupTicks,
        memory.groupTickLimit,
        memory.groupMembersAt,
        memory.groupMembers,
        memory.groupLive,
        memory.groupLastPage,
        memory.groupLastTime,
        memory.groupWindowEnd,
        memory.groupMembersLog,
      ])
        column.ensure(group + 1);
      state[STATE.groups] = group + 1;
    } else state[STATE.groupFree] = memory.groupMembersAt.array[group]!;
    memory.groupTicks.array[group] = 0;
    memory.groupTickLimit.array[group] = staggeredLimit(group);
    memory.groupMembers.array[group] = 0;
    memory.groupLive.array[group] = 0;
    memory.groupMembersLog.array[group] = 0;
    memory.groupMembersAt.array[group] = memory.memberLists.take(0);
    memory.groupLastPage.array[group] = 0;
    memory.groupLastTime.array[group] = -Infinity;
    return group;
  }

  freeGroup(group: number): void {
    const memory = this.#memory;
    const state = memory.state.array;
    memory.memberLists.give(memory.groupMembersAt.array[group]!, memory.groupMembersLog.array[group]!);
    memory.groupMembers.array[group] = 0xffffffff;
    memory.groupMembersAt.array[group] = state[STATE.groupFree]!;
    state[STATE.groupFree] = group;
  }

  isFreed(group: number): boolean {
    return this.#memory.groupMembers.array[group] === 0xffffffff;
  }

  /** Makes a series a member of a group, with a tail, on top of the member it has. */
  join(series: number, group: number): number {
    const memory = this.#memory;
    const member = this.#takeMember();
    memory.memberGroup.array[member] = group;
    memory.memberSeries.array[member] = series;
    memory.memberPresent.array[member] = 0;
    memory.memberHistograms.array[member] = 0;
    memory.memberPrevious.array[member] = memory.seriesMember.array[series]!;
    memory.seriesMember.array[series] = member;
    const index = memory.groupMembers.array[group]!;
    const log = memory.groupMembersLog.array[group]!;
    if (index === 1 << log) {
      const at = memory.groupMembersAt.array[group]!;
      memory.groupMembersAt.array[group] = memory.memberLists.move(at, log, index, log + 1);
      memory.groupMembersLog.array[group] = log + 1;
    }
    memory.memberLists.words[memory.groupMembersAt.array[group]! + index] = member;
    memory.memberIndex.array[member] = index;
    memory.groupMembers.array[group] = index + 1;
    memory.memberTail.array[member] = 0;
    this.giveTail(member);
    const lastTime = memory.seriesLastTime.array[series]!;
    if (lastTime > memory.groupLastTime.array[group]!) memory.groupLastTime.array[group] = lastTime;
    return member;
  }

  /** Gives an idle member a tail again. */
  giveTail(member: number): void {
    const memory = this.#memory;
    const state = memory.state.array;
    let tail = state[STATE.tailFree]!;
    if (tail === 0) {
      tail = state[STATE.tails]!;
      memory.tails.ensure((tail + 1) * PAGE_TICKS);
      if (this.#tailWords.length !== 2 * memory.tails.array.length)
        this.#tailWords = new Uint32Array(memory.tails.buffer, 0, 2 * memory.tails.array.length);
      state[STATE.tails] = tail + 1;
    } else state[STATE.tailFree] = memory.tails.array[tail * PAGE_TICKS]!;
    memory.memberTail.array[member] = tail;
    memory.groupLive.array[memory.memberGroup.array[member]!]! += 1;
  }

  takeTail(member: number): void {
    const memory = this.#memory;
    const tail = memory.memberTail.array[member]!;
    if (tail === 0) return;
    memory.tails.array[tail * PAGE_TICKS] = memory.state.array[STATE.tailFree]!;
    memory.state.array[STATE.tailFree] = tail;
    memory.memberTail.array[member] = 0;
    memory.groupLive.array[memory.memberGroup.array[member]!]! -= 1;
  }

  /** Ends a member whose samples are all sealed: it only says where its series' old samples lie. */
  retire(member: number): void {
    const memory = this.#memory;
    this.takeTail(member);
    const group = memory.memberGroup.array[member]!;
    this.#leave(member, group);
    memory.memberPresent.array[member] =
      1 + Math.max(0, Math.ceil(memory.groupLastTime.array[group]! / 1000));
  }

  /**
   * No sample of a member without a tail is newer than this. One that is only idle is not retired before its group is
   * sealed again, even when its series has gone to another group.
   */
  newestTime(member: number): number {
    const memory = this.#memory;
    const retired = memory.memberPresent.array[member]!;
    if (retired > 0) return (retired - 1) * 1000;
    return memory.groupLastTime.array[memory.memberGroup.array[member]!]!;
  }

  /** Frees a member that no chain refers to any more. */
  freeMember(member: number): void {
    const memory = this.#memory;
    this.takeTail(member);
    this.#leave(member, memory.memberGroup.array[member]!);
    memory.memberSeries.array[member] = 0;
    memory.memberPrevious.array[member] = memory.state.array[STATE.memberFree]!;
    memory.state.array[STATE.memberFree] = member;
  }

  #leave(member: number, group: number): void {
    const memory = this.#memory;
    if (this.isFreed(group)) return;
    const at = memory.groupMembersAt.array[group]! + memory.memberIndex.array[member]!;
    if (memory.memberLists.words[at] === member) memory.memberLists.words[at] = 0;
  }

  #takeMember(): number {
    const memory = this.#memory;
    const state = memory.state.array;
    const free = state[STATE.memberFree]!;
    if (free !== 0) {
      state[STATE.memberFree] = memory.memberPrevious.array[free]!;
      return free;
    }
    const member = state[STATE.members]!;
    for (const column of [
      memory.memberGroup,
      memory.memberIndex,
      memory.memberSeries,
      memory.memberTail,
      memory.memberPresent,
      memory.memberHistograms,
      memory.memberPrevious,
    ])
      column.ensure(member + 1);
    state[STATE.members] = member + 1;
    return member;
  }
}

/** Groups start with pages of different lengths, so that not all of them seal at the same tick. */
export function staggeredLimit(group: number): number {
  return PAGE_TICKS - ((group * 5) & 15);
}
