import type { Bytes, KeyResult, ReadOptions } from '../contract.ts';
import type { Cluster, ReadBatch, Reply } from './cluster.ts';
import { resolveKey } from './divergence.ts';
import type { FarmStats } from './farmStats.ts';
import { failed, FirstAnswers } from './firstAnswers.ts';
import type { RepairQueue } from './repairQueue.ts';
import { TokenBucket } from './tokenBucket.ts';

/** How many clusters a read asks and waits for, by the names of Roshi's flag. */
export type ReadStrategy =
  /** One at random; the next only where that fails. Sees what one replica has, repairs nothing. */
  | { readonly kind: 'SendOneReadOne' }
  /** All, and the join of their answers. */
  | { readonly kind: 'SendAllReadAll' }
  /** All, and per key the first answer; differences are found and repaired afterwards. */
  | { readonly kind: 'SendAllReadFirstLinger' }
  /** As before for `keysPerSecond`; above that one at random, and all for keys that are not there after `latencyMs`. */
  | { readonly kind: 'SendVarReadFirstLinger'; readonly keysPerSecond: number; readonly latencyMs: number };

const EVERYONE: readonly string[] = [];

/** Reads keys of a farm by its strategy. */
export class FarmReader {
  readonly #clusters: readonly Cluster[];
  readonly #strategy: ReadStrategy;
  readonly #capacity: number;
  readonly #repairs: RepairQueue;
  readonly #stats: FarmStats;
  readonly #bucket: TokenBucket | undefined;
  readonly #lingering = new Set<Promise<void>>();

  constructor(parts: {
    clusters: readonly Cluster[];
    strategy: ReadStrategy;
    capacity: number;
    repairs: RepairQueue;
    stats: FarmStats;
    now?: () => number;
  }) {
    this.#clusters = parts.clusters;
    this.#strategy = parts.strategy;
    this.#capacity = parts.capacity;
    this.#repairs = parts.repairs;
    this.#stats = parts.stats;
    if (parts.strategy.kind === 'SendVarReadFirstLinger') {
      this.#bucket = new TokenBucket(parts.strategy.keysPerSecond, parts.now);
    }
  }

  /** Results in the order of the keys. Never rejects. */
  read(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]> {
    this.#stats.selectKeys += keys.length;
    switch (this.#strategy.kind) {
      case 'SendOneReadOne':
        return this.#one(keys, options);
      case 'SendAllReadAll':
        return this.#all(keys, options);
      case 'SendAllReadFirstLinger':
        return this.#first(keys, options);
      case 'SendVarReadFirstLinger': {
        const { keysPerSecond, latencyMs } = this.#strategy;
        if (this.#bucket!.takeAll(Math.min(keys.length, keysPerSecond))) {
          this.#stats.selectSendAllPermitGranted++;
          return this.#first(keys, options);
        }
        this.#stats.selectSendAllPermitRejected++;
        return this.#oneThenAll(keys, options, latencyMs);
      }
    }
  }

  /** Resolves when nothing is done behind the reads any more. */
  async idle(): Promise<void> {
    await Promise.all(this.#lingering);
  }

  async #one(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]> {
    const collected = new FirstAnswers(keys, options);
    for (const cluster of this.#shuffled()) {
      const open = collected.open;
      if (open.length === 0) break;
      collected.add(open, await this.#send(cluster, this.#batchOf(open.map((i) => keys[i]!)), options));
    }
    return collected.results();
  }

  async #all(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]> {
    const batch = this.#batchOf(keys);
    const replies = await Promise.all(this.#clusters.map((cluster) => this.#send(cluster, batch, options)));
    return Promise.all(
      keys.map((key, k) =>
        this.#resolve(
          key,
          replies.map((reply) => reply[k]!),
          options,
        ),
      ),
    );
  }

  #first(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]> {
    const collected = new FirstAnswers(keys, options);
    const everyIndex = keys.map((_, i) => i);
    const batch = this.#batchOf(keys);
    return new Promise((resolve) => {
      const sent = this.#clusters.map(async (cluster) => {
        const replies = await this.#send(cluster, batch, options);
        collected.add(everyIndex, replies);
        if (collected.open.length === 0) resolve(collected.results());
        return replies;
      });
      this.#linger(async () => {
        const replies = await Promise.all(sent);
        resolve(collected.results());
        if (!this.#repairs.enabled) return;
        await Promise.all(
          keys.map((key, k) =>
            this.#resolve(
              key,
              replies.map((reply) => reply[k]!),
              options,
            ),
          ),
        );
      });
    });
  }

  async #oneThenAll(keys: readonly Bytes[], options: ReadOptions, latencyMs: number): Promise<KeyResult[]> {
    const collected = new FirstAnswers(keys, options);
    const [chosen, ...others] = this.#shuffled();
    const everyIndex = keys.map((_, i) => i);
    const asked = this.#send(chosen!, this.#batchOf(keys), options).then((replies) =>
      collected.add(everyIndex, replies),
    );
    await within(asked, latencyMs);
    const open = collected.open;
    if (open.length === 0) return collected.results();
    this.#stats.selectSendAllPromotions += open.length;
    const some = this.#batchOf(open.map((i) => keys[i]!));
    return new Promise((resolve) => {
      const resolveWhenComplete = (): void => {
        if (collected.open.length === 0) resolve(collected.results());
      };
      const promoted = others.map(async (cluster) => {
        collected.add(open, await this.#send(cluster, some, options));
        resolveWhenComplete();
      });
      this.#linger(async () => {
        await Promise.all([asked.then(() => resolveWhenComplete()), ...promoted]);
        resolve(collected.results());
      });
    });
  }

  async #resolve(key: Bytes, replies: readonly Reply<Buffer>[], options: ReadOptions): Promise<KeyResult> {
    const answers = replies.flatMap((reply, c) =>
      'error' in reply ? [] : [{ cluster: this.#clusters[c]!, packed: reply.value }],
    );
    if (answers.length === 0) return failed(key, replies);
    const { entries, repairs } = await resolveKey(key, answers, options, this.#capacity);
    if (repairs.length > 0) this.#stats.divergentKeys++;
    this.#repairs.add(repairs);
    if (entries === undefined) return failed(key, replies);
    const unanswered = answers.length === replies.length ? EVERYONE : silent(replies);
    return { key, entries, unanswered };
  }

  async #send(cluster: Cluster, batch: ReadBatch, options: ReadOptions): Promise<Reply<Buffer>[]> {
    this.#stats.selectSends += batch.items.length;
    // Windows start at the end of the range on every replica: shifted ones could not be compared.
    const replies = await cluster.read(batch, {
      ...options,
      limit: (options.offset ?? 0) + options.limit,
      offset: 0,
    });
    for (const reply of replies) if ('error' in reply) this.#stats.selectPartialErrors++;
    return replies;
  }

  #linger(work: () => Promise<void>): void {
    const task: Promise<void> = work().finally(() => this.#lingering.delete(task));
    this.#lingering.add(task);
  }

  #batchOf(keys: readonly Bytes[]): ReadBatch {
    return this.#clusters[0]!.batchOf(keys);
  }

  #shuffled(): Cluster[] {
    const first = Math.floor(Math.random() * this.#clusters.length);
    return [...this.#clusters.slice(first), ...this.#clusters.slice(0, first)];
  }
}

function silent(replies: readonly Reply<unknown>[]): string[] {
  return replies.flatMap((reply) => ('error' in reply ? [reply.from] : []));
}

async function within(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([work, new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)))]);
  clearTimeout(timer);
}
