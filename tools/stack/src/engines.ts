import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Ports } from './ports.ts';
import type { Processes } from './processes.ts';

/** What `--redis` or `--kafka` was given: `own` starts real ones here, anything else is an address to use. */
export type EngineChoice = 'own' | (string & {});

export interface EngineOptions {
  readonly root: string;
  readonly dataFolder: string;
  readonly redis: EngineChoice | undefined;
  readonly kafka: EngineChoice | undefined;
}

/** The real stores that the servers use in place of their embedded ones. */
export interface Engines {
  /** Farm string of the timelines; absent: LMDB. */
  readonly farm?: string;
  /** Kafka brokers that events go through; absent: HTTP. */
  readonly brokers?: string;
  /** A sentence for each choice. */
  readonly choices: readonly string[];
}

const CLUSTERS = 3;
const KAFKA_START_TIMEOUT_MS = 360_000;

/** Starts what was asked for and waits until it serves. Throws an Error that says what is missing here. */
export async function startEngines(
  processes: Processes,
  ports: Ports,
  options: EngineOptions,
): Promise<Engines> {
  const [redis, kafka] = await Promise.all([
    startRedis(processes, ports, options),
    startKafka(processes, ports, options),
  ]);
  return {
    ...(redis && { farm: redis.address }),
    ...(kafka && { brokers: kafka.address }),
    choices: [redis, kafka].flatMap((engine) => engine?.choice ?? []),
  };
}

interface Engine {
  readonly address: string;
  readonly choice: string;
}

/** Three clusters of one redis-server, so that one may die. Their data lies beside the event log it belongs to. */
async function startRedis(
  processes: Processes,
  ports: Ports,
  { redis, dataFolder }: EngineOptions,
): Promise<Engine | undefined> {
  if (redis === undefined) return undefined;
  if (redis !== 'own') return { address: redis, choice: `timelines in the Redis farm ${redis}` };
  if (spawnSync('redis-server', ['--version']).error !== undefined) {
    throw new Error(
      '--redis: there is no redis-server on this machine: install it (Debian: apt-get install redis-server), ' +
        'or name a farm that runs: --redis="host:6379;host:6380;host:6381"',
    );
  }
  const addresses: string[] = [];
  const started: Promise<void>[] = [];
  for (let n = 1; n <= CLUSTERS; n++) {
    const { port } = await ports.claim(6380);
    const folder = join(dataFolder, 'redis', String(n));
    mkdirSync(folder, { recursive: true });
    addresses.push(`127.0.0.1:${port}`);
    const { ready } = processes.start({
      name: `redis-${n}`,
      command: 'redis-server',
      args: redisArguments(port),
      cwd: folder,
      readyOutput: /Ready to accept connections/,
    });
    started.push(ready);
  }
  await Promise.all(started);
  const address = addresses.join(';');
  return { address, choice: `timelines in ${CLUSTERS} redis-servers: ${address}` };
}

/** Every write goes to a file in the working folder, synced once a second, so that timelines survive a restart. */
function redisArguments(port: number): string[] {
  const network = ['--bind', '127.0.0.1', '--port', String(port)];
  return [...network, '--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction'];
}

/** A broker by `tools/kafka`, which says where it took Kafka from. */
async function startKafka(
  processes: Processes,
  ports: Ports,
  { kafka, root, dataFolder }: EngineOptions,
): Promise<Engine | undefined> {
  if (kafka === undefined) return undefined;
  if (kafka !== 'own') return { address: kafka, choice: `events through the Kafka at ${kafka}` };
  const { port } = await ports.claim(9092);
  const broker = processes.start({
    name: 'kafka',
    args: [
      '-C',
      '@binnacle/source',
      'src/main.ts',
      `--port=${port}`,
      `--folder=${join(dataFolder, 'kafka')}`,
    ],
    cwd: join(root, 'tools/kafka'),
    readyOutput: /^.*\nbootstrap servers: /m,
    readyTimeoutMs: KAFKA_START_TIMEOUT_MS,
  });
  try {
    await broker.ready;
  } catch (cause) {
    throw new Error(
      `--kafka: ${(cause as Error).message}\nA Kafka that runs elsewhere is used with --kafka=host:9092`,
      { cause },
    );
  }
  const [, origin] = /^(.*)\nbootstrap servers: /m.exec(broker.output()) ?? [];
  const address = `127.0.0.1:${port}`;
  return { address, choice: `events through ${origin} at ${address}` };
}
