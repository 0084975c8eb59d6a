import { Cluster as RedisCluster, Redis } from 'ioredis';
import type { Address } from './farmString.ts';

/** What an instance of a farm is: one Redis, or all nodes of a Redis Cluster, found by one of them. */
export type Client = Redis | RedisCluster;

const MAX_RECONNECT_DELAY_MS = 1000;

const retryStrategy = (attempt: number): number => Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS);

/** A client of one Redis that connects by itself, again and again. */
export function openNode({ host, port }: Address, connectTimeoutMs: number): Redis {
  return new Redis({
    host,
    port,
    connectTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy,
  });
}

/** A client of all nodes of a Redis Cluster: it follows MOVED and ASK, and a replica that takes over. */
export function openNodes({ host, port }: Address, connectTimeoutMs: number): RedisCluster {
  return new RedisCluster([{ host, port }], {
    enableOfflineQueue: false,
    slotsRefreshTimeout: connectTimeoutMs,
    // A call waits for a slot that is moving: a tenth of a second at a time, for three seconds.
    retryDelayOnTryAgain: 100,
    maxRedirections: 30,
    clusterRetryStrategy: retryStrategy,
    redisOptions: { connectTimeout: connectTimeoutMs, autoResendUnfulfilledCommands: false },
  });
}

/** How many nodes the Redis Cluster has that a Redis is part of: 0 when it is of none. */
export async function clusterNodes(redis: Redis): Promise<number> {
  if (!/^cluster_enabled:1/m.test(await redis.info('cluster'))) return 0;
  return Number(/cluster_known_nodes:(\d+)/.exec(String(await redis.cluster('INFO')))?.[1] ?? 1);
}

/** The nodes that take writes, in an order that stays. */
export function mastersOf(client: Client): Redis[] {
  if (!(client instanceof RedisCluster)) return [client];
  const name = ({ options }: Redis): string => `${options.host}:${options.port}`;
  return client.nodes('master').toSorted((a, b) => (name(a) < name(b) ? -1 : 1));
}

/**
 * One step of a scan over all nodes: the names that it met and the cursor of the next step, `0` at the end. A cursor is
 * the place of the node, a dot and the node's own cursor.
 */
export async function scanStep(
  client: Client,
  cursor: string,
  count: number,
): Promise<{ names: Buffer[]; next: string }> {
  const nodes = mastersOf(client);
  const [place, position = '0'] = cursor === '0' ? ['0'] : cursor.split('.', 2);
  const node = nodes[Number(place)];
  if (node === undefined) return { names: [], next: '0' };
  const [end, names] = await node.scanBuffer(position, 'COUNT', count);
  const next = end.toString();
  if (next !== '0') return { names, next: `${place}.${next}` };
  return { names, next: Number(place) + 1 < nodes.length ? `${Number(place) + 1}.0` : '0' };
}
