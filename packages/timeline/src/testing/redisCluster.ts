import { execFileSync } from 'node:child_process';
import { freePort, waitFor } from '@binnacle/testing';
import { startRedis, type RedisServer } from './redisServers.ts';

/** Comes with redis-server. */
const REDIS_CLI = 'redis-cli';

/** Starts real nodes and joins them to a Redis Cluster of masters, each with a part of the hash slots. */
export async function startRedisCluster(count: number): Promise<RedisServer[]> {
  const nodes: RedisServer[] = [];
  for (let n = 0; n < count; n++) {
    const bus = String(await freePort());
    nodes.push(await startRedis(['--cluster-enabled', 'yes', '--cluster-port', bus]));
  }
  const addresses = nodes.map(({ address }) => address);
  execFileSync(REDIS_CLI, ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'pipe' });
  for (const { client } of nodes) {
    await waitFor(async () => /cluster_state:ok/.test(String(await client.cluster('INFO'))), {
      what: 'the Redis Cluster to be whole',
      timeoutMs: 30_000,
    });
  }
  return nodes;
}

/** The id of a node. */
export async function nodeId({ client }: RedisServer): Promise<string> {
  return String(await client.cluster('MYID'));
}
