import { STATE, type HeadMemory } from './headMemory.ts';
import type { Members } from './members.ts';
import { SIDE, type SideLog } from './sideLog.ts';

/**
 * Frees everything that only samples before `minTime` needed: pages, old members, groups, side entries, and series
 * with their postings and symbols. Returns the number of series freed. Runs under the lock, after sealing.
 */
export function sweepHead(memory: HeadMemory, members: Members, sides: SideLog, minTime: number): number {
  dropPages(memory, minTime);
  const alive = new Uint8Array(memory.table.limit);
  let freed = 0;
  for (let series = 1; series < memory.table.limit; series++) {
    if (!memory.table.isLive(series)) continue;
    if (memory.seriesSide.array[series] !== 0) sides.truncate(series, minTime);
    if (isNeeded(memory, sides, series, minTime)) {
      alive[series] = 1;
      dropOldMembers(memory, members, series, minTime);
      continue;
    }
    freed++;
    sides.clear(series);
    for (let m = memory.seriesMember.array[series]!; m !== 0;) {
      const previous = memory.memberPrevious.array[m]!;
      members.freeMember(m);
      m = previous;
    }
    memory.seriesMember.array[series] = 0;
  }
  if (freed > 0) {
    memory.state.array[STATE.sweeps]! += 1;
    memory.table.sweep(alive);
  }
  dropGroups(memory, members);
  return freed;
}

/** A series lives while it has a sample from `minTime` on, in order or out of order. */
function isNeeded(memory: HeadMemory, sides: SideLog, series: number, minTime: number): boolean {
  if (memory.seriesLastTime.array[series]! >= minTime) return true;
  const member = memory.seriesMember.array[series]!;
  if (member !== 0 && memory.memberTail.array[member] !== 0 && memory.memberPresent.array[member] !== 0)
    return true;
  for (let e = memory.seriesSide.array[series]!; e !== 0; e = memory.sidePrevious.array[e]!) {
    if (memory.sideKind.array[e]! > SIDE.histogram) continue;
    if (memory.sideTime.array[e]! >= minTime || sides.isKept(e)) return true;
  }
  return false;
}

/** Frees the places that a series had in groups before the one it has, once the samples there are too old. */
function dropOldMembers(memory: HeadMemory, members: Members, series: number, minTime: number): void {
  let newer = memory.seriesMember.array[series]!;
  if (newer === 0) return;
  for (let m = memory.memberPrevious.array[newer]!; m !== 0;) {
    const previous = memory.memberPrevious.array[m]!;
    if (memory.memberTail.array[m] === 0 && members.newestTime(m) < minTime) {
      memory.memberPrevious.array[newer] = previous;
      members.freeMember(m);
    } else newer = m;
    m = previous;
  }
}

/** Pages of a group are chained from the newest to the oldest: cut each chain where it gets too old. */
function dropPages(memory: HeadMemory, minTime: number): void {
  const state = memory.state.array;
  for (let group = 1; group < state[STATE.groups]!; group++) {
    let newer = 0;
    let page = memory.groupLastPage.array[group]!;
    while (page !== 0 && memory.pageMaxTime.array[page]! >= minTime) {
      newer = page;
      page = memory.pagePrevious.array[page]!;
    }
    if (page === 0) continue;
    if (newer === 0) memory.groupLastPage.array[group] = 0;
    else memory.pagePrevious.array[newer] = 0;
    while (page !== 0) {
      const previous = memory.pagePrevious.array[page]!;
      memory.pagePrevious.array[page] = state[STATE.pageFree]!;
      state[STATE.pageFree] = page;
      page = previous;
    }
  }
}

/** A group without members (all zero in its list) and pages is free; members of it are in no chain any more. */
function dropGroups(memory: HeadMemory, members: Members): void {
  const used = new Uint8Array(memory.state.array[STATE.groups]!);
  for (let member = 1; member < memory.state.array[STATE.members]!; member++) {
    if (memory.memberSeries.array[member] !== 0) used[memory.memberGroup.array[member]!] = 1;
  }
  for (let group = 1; group < used.length; group++) {
    if (used[group] === 0 && !members.isFreed(group)) {
      if (memory.groupLastPage.array[group] === 0) members.freeGroup(group);
    }
  }
}
