import type { Bytes, Operation, TimelineState, WriteResult, WriteStatus } from './contract.ts';
import type { TimelineError } from './errors.ts';
import type { Timeline } from './timeline.ts';

const NO_ERRORS: ReadonlyMap<Bytes, TimelineError> = new Map();

/** Applies operations to timelines of this process and tells what became of each. `onChange` sees what changed one. */
export function applyOperations(
  operations: readonly Operation[],
  capacity: number,
  timelineOf: (key: Bytes) => Timeline,
  onChange?: (operation: Operation, timeline: Timeline) => void,
): WriteResult {
  const statuses: WriteStatus[] = [];
  let evicted = 0;
  for (const operation of operations) {
    const timeline = timelineOf(operation.key);
    const { score, member, kind } = operation;
    const result = timeline.apply({ score: score + 0, member, deleted: kind === 'delete' }, capacity);
    statuses.push(result.status);
    evicted += result.evicted;
    if (result.changed) onChange?.(operation, timeline);
  }
  return { statuses, evicted, errors: NO_ERRORS };
}

/** The operations that make a key remember what a state remembers, apart from its floor. */
export function operationsOf(
  key: Bytes,
  { live, tombstones }: Pick<TimelineState, 'live' | 'tombstones'>,
): Operation[] {
  return [
    ...live.map(({ score, member }): Operation => ({ kind: 'insert', key, score, member })),
    ...tombstones.map(({ score, member }): Operation => ({ kind: 'delete', key, score, member })),
  ];
}
