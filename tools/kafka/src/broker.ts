import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dockerRunner, nodeProperties, type Command, type Runner } from './runner.ts';
import { findKafka, type FindKafkaOptions, type KafkaDistribution } from './distribution.ts';

export interface KafkaOptions extends FindKafkaOptions {
  /** A free port when absent. */
  readonly port?: number;
  /** Data folder; a temporary one, removed at the end, when absent. */
  readonly folder?: string;
  /** Partitions of a topic that comes into being by itself. */
  readonly partitions?: number;
}

/** A real Apache Kafka: one node that is broker and KRaft controller. */
export interface KafkaBroker extends AsyncDisposable {
  /** `host:port` for clients. */
  readonly bootstrap: string;
  readonly distribution: KafkaDistribution;
  /** Ends it (`SIGKILL` for a crash) and keeps its data. */
  halt(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data. */
  resume(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
}

const PARTITIONS = 4;
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 15_000;

/** Starts Kafka and waits until it serves. Throws with the end of its log when it does not. */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaBroker> {
  const distribution = await findKafka(options);
  const port = options.port ?? (await freePort());
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'binnacle-kafka-'));
  const runner =
    distribution.dockerImage === undefined
      ? await javaRunner(distribution, folder, port, options)
      : dockerRunner(distribution.dockerImage, port, options.partitions ?? PARTITIONS);
  let running: ChildProcess | undefined;

  let starts = 0;

  const resume = async (): Promise<void> => {
    if (running === undefined) running = await start(starts++ === 0 ? runner.first : runner.again);
  };
  const halt = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    const ending = running;
    running = undefined;
    if (ending !== undefined) await end(ending, () => runner.signal(ending, signal));
  };
  const stop = async (): Promise<void> => {
    await halt();
    runner.remove();
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };

  try {
    await resume();
  } catch (error) {
    await stop();
    throw error;
  }
  return { bootstrap: `127.0.0.1:${port}`, distribution, halt, resume, stop, [Symbol.asyncDispose]: stop };
}

/** Kafka's classes on this machine's Java. */
async function javaRunner(
  { classPath }: KafkaDistribution,
  folder: string,
  port: number,
  options: KafkaOptions,
): Promise<Runner> {
  const config = join(folder, 'server.properties');
  const data = join(folder, 'data');
  mkdirSync(data, { recursive: true });
  const properties = nodeProperties({
    data,
    listen: `127.0.0.1:${port}`,
    controller: `127.0.0.1:${await freePort()}`,
    advertised: `127.0.0.1:${port}`,
    partitions: options.partitions ?? PARTITIONS,
  });
  writeFileSync(
    config,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  const java = ['-Xmx512m', '-cp', classPath!];
  if (!existsSync(join(data, 'meta.properties'))) formatData(java, config, data);
  const command: Command = ['java', [...java, 'kafka.Kafka', config]];
  return {
    first: command,
    again: command,
    signal: (child, signal) => void child.kill(signal),
    remove: () => undefined,
  };
}

/** Once for a folder: data belongs to the cluster id that it was formatted with. */
function formatData(java: readonly string[], config: string, data: string): void {
  // In one argument with its flag: an id may begin with a dash.
  const clusterId = `--cluster-id=${randomBytes(16).toString('base64url')}`;
  const format = spawnSync('java', [...java, 'kafka.tools.StorageTool', 'format', clusterId, '-c', config], {
    encoding: 'utf8',
  });
  if (format.status !== 0)
    throw new Error(`Kafka's data folder ${data} could not be prepared:\n${format.stdout}${format.stderr}`);
}

async function start([command, args]: Command): Promise<ChildProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    const fail = (what: string): void =>
      reject(new Error(`Kafka ${what}. The end of its log:\n${log.slice(-4000)}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`did not start within ${START_TIMEOUT_MS / 1000} s`);
    }, START_TIMEOUT_MS);
    const read = (chunk: Buffer): void => {
      log = (log + chunk.toString()).slice(-64 * 1024);
      if (!log.includes('Kafka Server started')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code) => {
      clearTimeout(timer);
      fail(`ended with code ${code}`);
    });
  });
  return child;
}

async function end(child: ChildProcess, signal: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  signal();
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await closed;
  clearTimeout(killer);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
