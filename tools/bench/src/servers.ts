import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable, freePort, startProcess, tempDir, type RunningProcess } from '@binnacle/testing';
import { folderBytes } from './processStats.ts';
import { HttpClient } from './httpClient.ts';

/** The repository's folder. */
export const ROOT = join(import.meta.dirname, '../../..');
const COLLECT_NOTHING = 'scrape_configs: []\n';

export const PEERS = ['prometheus', 'victoria-metrics'] as const;
export type Peer = (typeof PEERS)[number];
export type ServerName = 'metrics-server' | Peer;

/** A server under measurement, with a folder of its own on a free port. */
export interface BenchServer extends AsyncDisposable {
  readonly name: ServerName;
  readonly pid: number;
  readonly client: HttpClient;
  /** Makes what was written visible to queries. */
  flush(): Promise<void>;
  /** Size of everything stored once it is compacted, in bytes. */
  compactedBytes(): Promise<number>;
}

/** Whether the peer's program is on this machine. */
export function hasPeer(peer: Peer): boolean {
  return findExecutable(peer) !== undefined;
}

const running = new Set<() => Promise<void>>();

/** Stops every server that runs and removes its folder: for a run that is broken off. */
export async function stopServers(): Promise<void> {
  await Promise.all([...running].map((stop) => stop()));
}

/** Starts a server with an empty folder; `config` is in Prometheus's format. */
export async function startServer(name: ServerName, config = COLLECT_NOTHING): Promise<BenchServer> {
  const folder = tempDir(`bench-${name}`);
  const port = await freePort();
  const configFile = join(folder.path, 'prometheus.yml');
  const data = join(folder.path, 'data');
  writeFileSync(configFile, config);
  const launch = { configFile, data, address: `127.0.0.1:${port}`, scrapes: config !== COLLECT_NOTHING };
  const { command, args, ready } = name === 'victoria-metrics' ? victoria(launch) : prometheus(name, launch);
  let process: RunningProcess;
  try {
    process = await startProcess({ command, args, readyUrl: `http://${launch.address}${ready}` });
  } catch (error) {
    folder.remove();
    throw error;
  }
  const client = new HttpClient(port);
  const stop = async (): Promise<void> => {
    client.close();
    await process.stop();
    folder.remove();
    running.delete(stop);
  };
  running.add(stop);
  const store = name === 'victoria-metrics' ? victoriaStore(client, data) : prometheusStore(client, data);
  return {
    name,
    pid: process.child.pid!,
    client,
    ...store,
    [Symbol.asyncDispose]: stop,
  };
}

interface Launch {
  readonly configFile: string;
  readonly data: string;
  readonly address: string;
  readonly scrapes: boolean;
}

interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly ready: string;
}

/** Ours takes Prometheus's flags. */
function prometheus(name: ServerName, { configFile, data, address }: Launch): Command {
  const flags = [
    `--config.file=${configFile}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=${address}`,
    '--web.enable-remote-write-receiver',
    '--web.enable-admin-api',
  ];
  const source = ['-C', '@binnacle/source', join(ROOT, 'apps/metrics-server/src/main.ts')];
  return name === 'prometheus'
    ? { command: 'prometheus', args: flags, ready: '/-/ready' }
    : { command: process.execPath, args: [...source, ...flags], ready: '/-/ready' };
}

function victoria({ configFile, data, address, scrapes }: Launch): Command {
  const args = [`-storageDataPath=${data}`, `-httpListenAddr=${address}`, '-search.latencyOffset=0s'];
  if (scrapes) args.push(`-promscrape.config=${configFile}`);
  return { command: 'victoria-metrics', args, ready: '/health' };
}

type Store = Pick<BenchServer, 'flush' | 'compactedBytes'>;

/** A snapshot turns the head into a block, which is how data rests in the end. */
function prometheusStore(client: HttpClient, data: string): Store {
  return {
    flush: async () => undefined,
    compactedBytes: async () => {
      const answer = await client.post('/api/v1/admin/tsdb/snapshot');
      const { data: snapshot } = JSON.parse(answer.toString()) as { data: { name: string } };
      return folderBytes(join(data, 'snapshots', snapshot.name));
    },
  };
}

function victoriaStore(client: HttpClient, data: string): Store {
  const flush = async (): Promise<void> => void (await client.get('/internal/force_flush'));
  return {
    flush,
    compactedBytes: async () => {
      await flush();
      await client.get('/internal/force_merge');
      return settledSize(data);
    },
  };
}

/** The size of a folder once it has stayed the same for two seconds; merging goes on in the background. */
async function settledSize(folder: string): Promise<number> {
  let before = -1;
  for (let look = 0; look < 15; look++) {
    const size = folderBytes(folder);
    if (size === before) break;
    before = size;
    await new Promise((resolve) => setTimeout(resolve, 2000));
  }
  return before;
}
