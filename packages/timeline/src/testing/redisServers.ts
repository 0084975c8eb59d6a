import { freePort, startProcess, tempDir, type RunningProcess, type TempDir } from '@binnacle/testing';
import { Redis } from 'ioredis';

/** A real redis-server of a test, without persistence. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  /** A client of its own, past the store. */
  readonly client: Redis;
  signal(signal: NodeJS.Signals): void;
  /** Ends the process and starts it again on the same port, empty. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort();
  const folder: TempDir = tempDir('redis');
  const start = (): Promise<RunningProcess> =>
    startProcess({
      command: 'redis-server',
      args: ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder.path, ...args],
      readyOutput: /Ready to accept connections/,
    });
  let server = await start();
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  const stop = async (): Promise<void> => {
    client.disconnect();
    server.child.kill('SIGCONT');
    await server.stop('SIGKILL');
    folder.remove();
  };
  return {
    port,
    address: `127.0.0.1:${port}`,
    client,
    signal: (signal) => void server.child.kill(signal),
    restart: async () => {
      await server.stop('SIGKILL');
      server = await start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
