import { PARTITIONS } from '@binnacle/event-bus';
import type { EventLog } from '../log/eventLog.ts';

const ALL = Array.from({ length: PARTITIONS }, (_, partition) => partition);

/**
 * The last offset that each partition of a group is done with, kept in the log's database: one for the whole group,
 * and one for each partition that stands elsewhere.
 */
export class GroupPositions {
  readonly #log: EventLog;

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** By partition, -1 for one that has done nothing; undefined for a group that never kept a position. */
  get(group: string): number[] | undefined {
    const whole = this.#log.position(wholeName(group));
    const parts = ALL.map((partition) => this.#log.position(partName(group, partition)));
    if (whole === undefined && parts.every((part) => part === undefined)) return undefined;
    return parts.map((part) => part ?? whole ?? -1);
  }

  /** Resolves when it is committed. */
  async set(group: string, partitions: readonly number[], offset: number): Promise<void> {
    const changes = new Map<string, number | undefined>();
    if (partitions.length === PARTITIONS) {
      changes.set(wholeName(group), offset);
      for (const partition of ALL) {
        const name = partName(group, partition);
        if (this.#log.position(name) !== undefined) changes.set(name, undefined);
      }
    } else {
      for (const partition of partitions) changes.set(partName(group, partition), offset);
    }
    await this.#log.setPositions(changes);
  }
}

export const EVERY_PARTITION: readonly number[] = ALL;

function wholeName(group: string): string {
  return `group/${group}`;
}

function partName(group: string, partition: number): string {
  return `group/${group}/${partition}`;
}
