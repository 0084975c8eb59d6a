import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startProcess, tempDir } from '@binnacle/testing';
import { cpuSeconds } from '../processStats.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const CLUSTERS = 3;

export type StreamServerName = 'lmdb' | 'farm' | 'roshi';

/** A server under measurement and the redis-servers behind it. */
export interface StreamServer extends AsyncDisposable {
  readonly name: StreamServerName;
  readonly url: string;
  /** CPU seconds so far: of the server, and of its redis-servers together. */
  cpu(): { readonly own: number; readonly redis: number };
}

/** Starts stream-service on disk or on three clusters, or the roshi-server of that path on three clusters. */
export async function startStreamServer(name: StreamServerName, roshiPath?: string): Promise<StreamServer> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(tempDir(`bench-${name}`), async (dir) => dir.remove());
  const redis = name === 'lmdb' ? [] : await startClusters(stack, folder.path);
  const farm = redis.map(({ address }) => address).join(';');
  const address = `127.0.0.1:${await freePort()}`;
  const { command, args } =
    name === 'roshi'
      ? { command: roshiPath!, args: [`-redis.instances=${farm}`, `-http.address=${address}`] }
      : streamService(folder.path, address, farm);
  const process = stack.use(
    await startProcess({
      command,
      args,
      readyUrl: `http://${address}${name === 'roshi' ? '/metrics' : '/-/ready'}`,
    }),
  );
  const { pid } = process.child;
  const started = stack.move();
  return {
    name,
    url: `http://${address}`,
    cpu: () => ({
      own: cpuSeconds(pid!),
      redis: redis.reduce((sum, server) => sum + cpuSeconds(server.pid), 0),
    }),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** One redis-server without persistence for each cluster. */
export async function startClusters(
  stack: AsyncDisposableStack,
  folder: string,
  count = CLUSTERS,
): Promise<{ address: string; port: number; pid: number }[]> {
  const servers = [];
  for (let n = 1; n <= count; n++) {
    const port = await freePort();
    const dir = join(folder, `redis-${n}`);
    mkdirSync(dir);
    const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', dir];
    const { child } = stack.use(
      await startProcess({ command: 'redis-server', args, readyOutput: /Ready to accept connections/ }),
    );
    servers.push({ address: `127.0.0.1:${port}`, port, pid: child.pid! });
  }
  return servers;
}

function streamService(folder: string, address: string, farm: string): { command: string; args: string[] } {
  const source = ['-C', '@binnacle/source', join(ROOT, 'apps/stream-service/src/main.ts')];
  const args = [...source, `--web.listen-address=${address}`, `--storage.path=${join(folder, 'streams')}`];
  if (farm !== '') args.push(`--redis.instances=${farm}`);
  return { command: process.execPath, args };
}
