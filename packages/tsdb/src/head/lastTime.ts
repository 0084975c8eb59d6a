import { PAGE_TICKS, type HeadMemory } from './headMemory.ts';

/** The time of the newest sample in order of a series, whose member in its group this is, -Infinity for none. */
export function lastTimeInOrder(memory: HeadMemory, series: number, member: number): number {
  if (member !== 0 && memory.memberTail.array[member] !== 0) {
    const present = memory.memberPresent.array[member]!;
    if (present !== 0) {
      const group = memory.memberGroup.array[member]!;
      return memory.groupTimes.array[group * PAGE_TICKS + 31 - Math.clz32(present)]!;
    }
  }
  return memory.seriesLastTime.array[series]!;
}
