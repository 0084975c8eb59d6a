import { GroupShares, type Renewal, type Share } from '@binnacle/event-bus';
import type { Clock } from '@binnacle/service-kit';

/** Groups whose consumers are remembered; beyond that new ones must wait until some have none any more. */
const MAX_GROUPS = 10_000;
/** The longest that a consumer may go without renewing, and what it gets when it does not say. */
export const LONGEST_TTL_MS = 60_000;
export const DEFAULT_TTL_MS = 10_000;

/**
 * Which consumer of each group has which partitions. It is known in memory alone: for `DEFAULT_TTL_MS` after a restart of
 * the server, partitions of a group that has consumed before go only to consumers that say they had them.
 */
export class ConsumerGroups {
  readonly #groups = new Map<string, GroupShares>();
  readonly #clock: Clock;
  readonly #settledAt: number;
  readonly #hasConsumed: (group: string) => boolean;

  constructor(clock: Clock, hasConsumed: (group: string) => boolean) {
    this.#clock = clock;
    this.#hasConsumed = hasConsumed;
    this.#settledAt = clock.now() + DEFAULT_TTL_MS;
  }

  /** Joins a group, or renews a share; undefined when there are too many groups, or consumers of this one. */
  renew(group: string, consumer: string, renewal: Renewal): Share | undefined {
    return this.#sharesOf(group)?.renew(consumer, renewal);
  }

  leave(group: string, consumer: string): void {
    this.#groups.get(group)?.leave(consumer);
  }

  /** Whether a consumer, or somebody who is none, may move the positions of partitions: to be asked before each move. */
  admits(group: string, consumer: string | undefined, partitions: readonly number[]): boolean {
    const shares = this.#sharesOf(group);
    return consumer === undefined || shares === undefined || shares.admits(consumer, partitions);
  }

  /** The consumers of a group with their partitions. */
  members(group: string): { consumer: string; partitions: number[] }[] {
    const shares = this.#groups.get(group);
    if (shares === undefined) return [];
    return shares.members().map((consumer) => ({ consumer, partitions: shares.partitionsOf(consumer) }));
  }

  #sharesOf(group: string): GroupShares | undefined {
    const known = this.#groups.get(group);
    if (known !== undefined) return known;
    if (this.#groups.size >= MAX_GROUPS) {
      for (const [name, shares] of this.#groups) if (shares.members().length === 0) this.#groups.delete(name);
    }
    if (this.#groups.size >= MAX_GROUPS) return undefined;
    const now = (): number => this.#clock.now();
    const settledAt = this.#hasConsumed(group) ? this.#settledAt : 0;
    const shares = new GroupShares({ now, isSettled: () => now() >= settledAt });
    this.#groups.set(group, shares);
    return shares;
  }
}
