import type { Clock } from '@binnacle/service-kit';

/** Which consumer of a group has its turn, and until when. */
export interface GroupLease {
  readonly consumer: string;
  readonly expiresAtMs: number;
}

/** Groups whose lease is remembered; beyond that nobody else gets one until some expire. */
const MAX_LEASES = 10_000;

/**
 * One consumer of each group at a time has the lease, so that several may stand by and the order of keys holds. Leases are
 * in memory: after a restart of the server the first who asks gets it, and a position kept by another is refused.
 */
export class GroupLeases {
  readonly #leases = new Map<string, GroupLease>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes or prolongs the lease, unless another consumer has it. Returns who has it; undefined when there are too many. */
  take(group: string, consumer: string, ttlMs: number): GroupLease | undefined {
    const held = this.#held(group);
    if (held !== undefined && held.consumer !== consumer) return held;
    if (this.#leases.size >= MAX_LEASES) for (const other of this.#leases.keys()) this.#held(other);
    if (this.#leases.size >= MAX_LEASES && held === undefined) return undefined;
    const lease = { consumer, expiresAtMs: this.#clock.now() + ttlMs };
    this.#leases.set(group, lease);
    return lease;
  }

  release(group: string, consumer: string): void {
    if (this.#held(group)?.consumer === consumer) this.#leases.delete(group);
  }

  /** Whether a consumer may move the group's position: nobody else has the lease. */
  admits(group: string, consumer: string): boolean {
    const held = this.#held(group);
    return held === undefined || held.consumer === consumer;
  }

  #held(group: string): GroupLease | undefined {
    const lease = this.#leases.get(group);
    if (lease === undefined || lease.expiresAtMs > this.#clock.now()) return lease;
    this.#leases.delete(group);
    return undefined;
  }
}
