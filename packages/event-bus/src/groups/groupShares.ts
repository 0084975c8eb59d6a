import { PARTITIONS } from './partitions.ts';

/** What a consumer may consume. */
export interface Share {
  /** Its partitions; nobody else has them. */
  readonly partitions: readonly number[];
  /** Those of them that others wait for: to be let go after the batch in hand, by renewing without them. */
  readonly release: readonly number[];
}

export interface Renewal {
  /** How long the share is kept when it is not renewed. */
  readonly ttlMs: number;
  /** Partitions that the consumer has and wants to keep; what it had and does not name is free. */
  readonly holding: readonly number[];
}

export interface GroupSharesOptions {
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Whether partitions that nobody holds may be given away already. Default: always. */
  readonly isSettled?: () => boolean;
}

const MAX_MEMBERS = 1_000;

/**
 * How the consumers of one group share its partitions: each partition has one owner at a time, and everyone as many as
 * the others, give or take one. A consumer that joins waits until those who have too many let some go; one that does not
 * renew in time loses its own.
 */
export class GroupShares {
  readonly #now: () => number;
  readonly #isSettled: () => boolean;
  /** Until when each is one, in the order in which they joined. */
  readonly #members = new Map<string, number>();
  readonly #owners: (string | undefined)[] = Array.from({ length: PARTITIONS });

  constructor({ now, isSettled = () => true }: GroupSharesOptions) {
    this.#now = now;
    this.#isSettled = isSettled;
  }

  /** Joins, or renews the share; undefined when the group has too many consumers. */
  renew(consumer: string, { ttlMs, holding }: Renewal): Share | undefined {
    this.#dropExpired();
    if (!this.#members.has(consumer) && this.#members.size >= MAX_MEMBERS) return undefined;
    this.#members.set(consumer, this.#now() + ttlMs);

    for (let partition = 0; partition < PARTITIONS; partition++) {
      const owner = this.#owners[partition];
      if (owner === consumer && !holding.includes(partition)) this.#owners[partition] = undefined;
      if (owner === undefined && holding.includes(partition)) this.#owners[partition] = consumer;
    }
    const quota = this.#quotaOf(consumer);
    if (this.#isSettled()) this.#giveFree(consumer, quota);
    const partitions = this.partitionsOf(consumer);
    return { partitions, release: partitions.slice(quota) };
  }

  leave(consumer: string): void {
    this.#members.delete(consumer);
    this.#owners.forEach((owner, partition) => {
      if (owner === consumer) this.#owners[partition] = undefined;
    });
  }

  /** Whether nobody else owns any of the partitions. */
  admits(consumer: string, partitions: readonly number[]): boolean {
    this.#dropExpired();
    return partitions.every((partition) => (this.#owners[partition] ?? consumer) === consumer);
  }

  /** Who consumes, in the order in which they joined. */
  members(): string[] {
    this.#dropExpired();
    return [...this.#members.keys()];
  }

  partitionsOf(consumer: string): number[] {
    return this.#owners.flatMap((owner, partition) => (owner === consumer ? [partition] : []));
  }

  #giveFree(consumer: string, quota: number): void {
    let missing = quota - this.partitionsOf(consumer).length;
    for (let partition = 0; partition < PARTITIONS && missing > 0; partition++) {
      if (this.#owners[partition] !== undefined) continue;
      this.#owners[partition] = consumer;
      missing--;
    }
  }

  /** Those who joined first have what does not divide. */
  #quotaOf(consumer: string): number {
    const members = [...this.#members.keys()];
    const rest = PARTITIONS % members.length;
    return Math.floor(PARTITIONS / members.length) + (members.indexOf(consumer) < rest ? 1 : 0);
  }

  #dropExpired(): void {
    const now = this.#now();
    for (const [consumer, expiresAt] of this.#members) if (expiresAt <= now) this.leave(consumer);
  }
}
