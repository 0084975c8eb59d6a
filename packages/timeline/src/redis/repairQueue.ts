import type { Cluster } from './cluster.ts';
import type { Repair } from './divergence.ts';
import type { FarmStats } from './farmStats.ts';
import type { ReplicaOperation } from './protocol.ts';
import { TokenBucket } from './tokenBucket.ts';

/** What read repair does with the differences that reads find, by the names of Roshi's flag. */
export type RepairStrategy =
  | { readonly kind: 'NoRepairs' }
  | { readonly kind: 'AllRepairs' }
  | {
      readonly kind: 'RateLimitedRepairs';
      /** Members repaired in a second, over all reads. */
      readonly membersPerSecond: number;
    };

/** Members that may wait for repair. What comes then is dropped, counted, and found again by a later read. */
const MAX_QUEUED = 20_000;

/** Carries repairs out behind the reads that asked for them, not faster than it may, a part of a request at a time. */
export class RepairQueue {
  readonly #strategy: RepairStrategy;
  readonly #stats: FarmStats;
  readonly #bucket: TokenBucket | undefined;
  readonly #waiting = new Map<string, { cluster: Cluster; operation: ReplicaOperation }>();
  #draining: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(strategy: RepairStrategy, stats: FarmStats, now?: () => number) {
    this.#strategy = strategy;
    this.#stats = stats;
    if (strategy.kind === 'RateLimitedRepairs')
      this.#bucket = new TokenBucket(strategy.membersPerSecond, now);
  }

  get enabled(): boolean {
    return this.#strategy.kind !== 'NoRepairs';
  }

  /** Members that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  add(repairs: readonly Repair[]): void {
    if (!this.enabled || this.#closed) return;
    for (const { cluster, operations } of repairs) {
      for (const operation of operations) {
        this.#stats.repairRequests++;
        const { kind, key, member } = operation;
        const id = `${cluster.index} ${key.length} ${key}${kind === 'floor' ? 'f' : `m${member}`}`;
        if (this.#waiting.size >= MAX_QUEUED && !this.#waiting.has(id)) this.#stats.repairDiscarded++;
        else this.#waiting.set(id, { cluster, operation });
      }
    }
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
  }

  /** Drops what waits; resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#wake?.();
    await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#closed) {
      const count = this.#bucket === undefined ? this.#waiting.size : this.#bucket.take(this.#waiting.size);
      if (count === 0) await this.#pause(this.#bucket!.waitMs);
      else await this.#repair(count);
    }
  }

  async #repair(count: number): Promise<void> {
    const perCluster = new Map<Cluster, ReplicaOperation[]>();
    for (const [id, { cluster, operation }] of this.#waiting) {
      if (count-- === 0) break;
      this.#waiting.delete(id);
      const operations = perCluster.get(cluster) ?? [];
      operations.push(operation);
      perCluster.set(cluster, operations);
    }
    await Promise.all(
      [...perCluster].map(([cluster, operations]) => writeRepairs(cluster, operations, this.#stats)),
    );
  }

  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, delayMs).unref();
    });
  }
}

/** Writes repairs to one cluster and counts how that went. Never rejects. */
export async function writeRepairs(
  cluster: Cluster,
  operations: readonly ReplicaOperation[],
  stats: FarmStats,
): Promise<boolean> {
  const results = await Promise.all(
    cluster.write(cluster.batchOfWrites(operations)).map(({ indexes, statuses }) =>
      statuses.then(
        () => {
          stats.repairWriteSuccesses += indexes.length;
          return true;
        },
        () => {
          stats.repairWriteFailures += indexes.length;
          return false;
        },
      ),
    ),
  );
  return results.every(Boolean);
}
