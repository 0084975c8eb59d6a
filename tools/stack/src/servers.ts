import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoFleet } from './demoFleet.ts';
import type { Engines } from './engines.ts';
import type { ClaimedPort, Ports } from './ports.ts';
import type { Processes } from './processes.ts';

export interface ServerUrls {
  readonly dashboard: string;
  readonly exceptions: string;
  readonly metrics: string;
  readonly events: string;
  /** A sentence for each port that had to shift. */
  readonly shifted: readonly string[];
}

/** The port of each server. */
export type ServerPorts = Readonly<
  Record<'dashboard' | 'exception-server' | 'metrics-server' | 'stream-service', ClaimedPort>
>;

export interface ServersOptions {
  readonly root: string;
  readonly dataFolder: string;
  readonly ports: ServerPorts;
  /** Tell a server where its events go; see `eventsArgs`. */
  readonly eventsArgs: readonly string[];
  readonly engines: Engines;
  /** Restart on change, and hot reload in the browser. */
  readonly dev: boolean;
}

/** Claims the ports of the servers: where the dashboard's is wished for, the others where people expect them. */
export async function claimServerPorts(ports: Ports, dashboardPort: number): Promise<ServerPorts> {
  return {
    dashboard: await ports.claim(dashboardPort),
    'exception-server': await ports.claim(9595),
    'metrics-server': await ports.claim(9090),
    'stream-service': await ports.claim(6302),
  };
}

/** The flags that tell servers and demo services where their events go: Kafka, or the stream-service. */
export function eventsArgs(ports: ServerPorts, { brokers }: Engines): string[] {
  if (brokers !== undefined) return [`--events.kafka-brokers=${brokers}`];
  return [`--events.url=http://127.0.0.1:${ports['stream-service'].port}`];
}

/** Starts Binnacle's servers with a configuration that scrapes the demo fleet and the servers themselves. */
export async function startServers(
  processes: Processes,
  fleet: DemoFleet,
  options: ServersOptions,
): Promise<ServerUrls> {
  const claims = options.ports;
  const url = (name: keyof typeof claims): string => `http://127.0.0.1:${claims[name].port}`;
  const inData = (name: string): string => join(options.dataFolder, name);
  const targets = new Map<string, number[]>(Object.entries(claims).map(([name, { port }]) => [name, [port]]));
  for (const { service, port } of fleet.instances)
    targets.set(service, [...(targets.get(service) ?? []), port]);
  writeConfig(inData('exception-server.yaml'), exceptionServerConfig(targets));
  writeConfig(inData('prometheus.yml'), metricsServerConfig(targets));

  const start = (name: keyof typeof claims, entry: string, args: readonly string[]): Promise<void> =>
    processes.start({
      name,
      args: [
        ...(options.dev ? ['--watch', '--watch-preserve-output'] : []),
        '-C',
        '@binnacle/source',
        entry,
        `--web.listen-address=127.0.0.1:${claims[name].port}`,
        ...args,
      ],
      cwd: join(options.root, 'apps', name),
      readyUrl: `${url(name)}/-/ready`,
    }).ready;

  const { farm, brokers } = options.engines;

  await Promise.all([
    start('stream-service', 'src/main.ts', [
      `--storage.path=${inData('streams')}`,
      ...(farm === undefined ? [] : [`--redis.instances=${farm}`]),
      ...(brokers === undefined ? [] : [`--kafka.brokers=${brokers}`]),
    ]),
    start('exception-server', 'src/main.ts', [
      ...options.eventsArgs,
      `--config.file=${inData('exception-server.yaml')}`,
      `--storage.url=${inData('exceptions.sqlite')}`,
    ]),
    start('metrics-server', 'src/main.ts', [
      ...options.eventsArgs,
      `--config.file=${inData('prometheus.yml')}`,
      `--storage.tsdb.path=${inData('metrics')}`,
      `--web.dashboard-url=${url('dashboard')}`,
      '--web.enable-lifecycle',
      '--web.enable-remote-write-receiver',
    ]),
    start('dashboard', 'src/server/main.ts', [
      `--exceptions.url=${url('exception-server')}`,
      `--metrics.url=${url('metrics-server')}`,
      `--events.url=${url('stream-service')}`,
      ...(options.dev ? ['--dev'] : []),
    ]),
  ]);
  const shifted = Object.entries(claims)
    .filter(([, claim]) => claim.port !== claim.wished)
    .map(([name, claim]) => `port ${claim.wished} is taken, so ${name} listens on ${claim.port}`);
  return {
    dashboard: url('dashboard'),
    exceptions: url('exception-server'),
    metrics: url('metrics-server'),
    events: url('stream-service'),
    shifted,
  };
}

type TargetPorts = ReadonlyMap<string, readonly number[]>;

function exceptionServerConfig(targets: TargetPorts): object {
  const services = [...targets].map(([name, targetPorts]) => ({
    name,
    static_configs: [{ targets: addresses(targetPorts) }],
    // The exception server's /-/exceptions is everything that it has collected, for another server; its own are at /errors.
    scraper: { endpoint: name === 'exception-server' ? '/errors' : '/-/exceptions', refresh_interval: '2s' },
  }));
  return { services };
}

function metricsServerConfig(targets: TargetPorts): object {
  const scrapeConfigs = [...targets].map(([name, targetPorts]) => ({
    job_name: name,
    static_configs: [{ targets: addresses(targetPorts), labels: { service: name } }],
  }));
  return { global: { scrape_interval: '5s', evaluation_interval: '5s' }, scrape_configs: scrapeConfigs };
}

function addresses(targetPorts: readonly number[]): string[] {
  return targetPorts.map((port) => `127.0.0.1:${port}`);
}

function writeConfig(file: string, config: object): void {
  writeFileSync(file, `# Written by npm start. JSON is YAML.\n${JSON.stringify(config, null, 2)}\n`);
}
