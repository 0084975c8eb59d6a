import type { Bytes } from '../contract.ts';
import type { Cluster } from './cluster.ts';
import { joinStates, missingFrom } from './divergence.ts';
import type { FarmStats } from './farmStats.ts';
import { writeRepairs } from './repairQueue.ts';
import { TokenBucket } from './tokenBucket.ts';

export interface WalkOptions {
  /** Keys compared in a second, at most. Default 1,000. */
  readonly keysPerSecond?: number;
  /** Keys asked of an instance in one step. Default 100. */
  readonly batchSize?: number;
  /** Ends the walk early. */
  readonly signal?: AbortSignal;
}

export interface WalkResult {
  /** Keys compared; one that several instances hold is met once on each. */
  readonly walked: number;
  /** Keys whose replicas differed. */
  readonly diverged: number;
  /** Of those, keys that could not be repaired on every replica. */
  readonly unrepaired: number;
  /** Instances that could not be scanned to the end. */
  readonly skipped: readonly string[];
}

/** What the replicas have of one key, side by side. */
export interface Inspection {
  readonly diverged: boolean;
  readonly replicas: readonly {
    readonly instance: string;
    /** Operations that the others know and this one does not; undefined when it did not answer. */
    readonly missing: number | undefined;
  }[];
}

/**
 * Scans every instance of every cluster once, compares each key by digest and joins those that differ, whatever they
 * hold: live entries, tombstones only, or a floor only.
 */
export async function walk(
  clusters: readonly Cluster[],
  capacity: number,
  stats: FarmStats,
  options: WalkOptions,
): Promise<WalkResult> {
  const { keysPerSecond = 1000, batchSize = 100, signal } = options;
  const bucket = new TokenBucket(keysPerSecond);
  const result = { walked: 0, diverged: 0, unrepaired: 0, skipped: [] as string[] };
  for (const cluster of clusters) {
    for (const instance of cluster.instances) {
      let cursor = '0';
      do {
        if (signal?.aborted) return result;
        let page;
        try {
          page = await instance.scan(cursor, Math.min(batchSize, keysPerSecond));
        } catch (error) {
          // The other clusters have its keys; what they lack of them is found on the next walk.
          if (!(error instanceof Error)) throw error;
          result.skipped.push(instance.name);
          break;
        }
        for (let i = 0; i < page.keys.length;) {
          const count = bucket.take(page.keys.length - i);
          if (count === 0) await pause(bucket.waitMs, signal);
          if (signal?.aborted) return result;
          const keys = page.keys.slice(i, i + count);
          const differing = await findDiverged(clusters, keys);
          for (const key of differing)
            if (!(await repairKey(clusters, key, capacity, stats))) result.unrepaired++;
          i += count;
          result.walked += count;
          result.diverged += differing.length;
          stats.walkedKeys += count;
          stats.divergentKeys += differing.length;
        }
        cursor = page.next;
      } while (cursor !== '0');
    }
  }
  return result;
}

/** Joins what all replicas have of a key and brings it to each. False when a replica could not be read or written. */
export async function repairKey(
  clusters: readonly Cluster[],
  key: Bytes,
  capacity: number,
  stats: FarmStats,
): Promise<boolean> {
  const replies = await Promise.all(clusters.map(async (cluster) => (await cluster.states([key]))[0]!));
  const states = replies.flatMap((reply) => ('error' in reply ? [] : [reply.value]));
  const joined = joinStates(key, states, capacity).state();
  const repaired = await Promise.all(
    clusters.map(async (cluster, c) => {
      const reply = replies[c]!;
      if ('error' in reply) return false;
      const operations = missingFrom(key, reply.value, joined);
      stats.repairRequests += operations.length;
      return operations.length === 0 || writeRepairs(cluster, operations, stats);
    }),
  );
  return repaired.every(Boolean);
}

/** What each replica lacks of what all of them know. */
export async function inspectKey(
  clusters: readonly Cluster[],
  key: Bytes,
  capacity: number,
): Promise<Inspection> {
  const replies = await Promise.all(clusters.map(async (cluster) => (await cluster.states([key]))[0]!));
  const states = replies.flatMap((reply) => ('error' in reply ? [] : [reply.value]));
  const joined = joinStates(key, states, capacity).state();
  const replicas = replies.map((reply) => ({
    instance: reply.from,
    missing: 'error' in reply ? undefined : missingFrom(key, reply.value, joined).length,
  }));
  return { diverged: replicas.some(({ missing }) => missing !== 0), replicas };
}

async function findDiverged(clusters: readonly Cluster[], keys: readonly Bytes[]): Promise<Bytes[]> {
  if (keys.length === 0) return [];
  const digests = await Promise.all(clusters.map((cluster) => cluster.digests(keys)));
  return keys.filter((_, k) => {
    const seen = digests.map((replies) => replies[k]!);
    return new Set(seen.map((reply) => ('error' in reply ? undefined : reply.value))).size > 1;
  });
}

async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal?.addEventListener('abort', end, { once: true });
  });
}
