import { fractionOf } from '../time/ticks.ts';
import type { Range } from '../time/timeRange.ts';

/** Things that happened so close together that they share one mark on the time axis. */
export interface Mark<T> {
  /** 0 to 1. */
  readonly at: number;
  /** Oldest first. */
  readonly members: readonly T[];
}

/** Puts what happened inside the window into at most `slots` marks, each at the time of its oldest member. */
export function clusterMarks<T>(
  things: readonly T[],
  timeOf: (thing: T) => number,
  range: Range,
  slots: number,
): Mark<T>[] {
  const bySlot = new Map<number, { at: number; members: T[] }>();
  for (const thing of [...things].sort((a, b) => timeOf(a) - timeOf(b))) {
    const at = fractionOf(range, timeOf(thing));
    if (at < 0 || at > 1) continue;
    const slot = Math.min(slots - 1, Math.floor(at * slots));
    const mark = bySlot.get(slot);
    if (mark === undefined) bySlot.set(slot, { at, members: [thing] });
    else mark.members.push(thing);
  }
  return [...bySlot.values()];
}
