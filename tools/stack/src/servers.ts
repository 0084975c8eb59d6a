import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoFleet } from './demoFleet.ts';
import type { ClaimedPort, Ports } from './ports.ts';
import type { Processes } from './processes.ts';

export interface ServerUrls {
  readonly dashboard: string;
  readonly exceptions: string;
  /** A sentence for each port that had to shift. */
  readonly shifted: readonly string[];
}

export interface ServersOptions {
  readonly root: string;
  readonly dataFolder: string;
  readonly dashboardPort: number;
  /** Restart on change, and hot reload in the browser. */
  readonly dev: boolean;
}

/** Starts Binnacle's servers with a configuration that scrapes the demo fleet and the servers themselves. */
export async function startServers(
  processes: Processes,
  ports: Ports,
  fleet: DemoFleet,
  options: ServersOptions,
): Promise<ServerUrls> {
  const dashboard = await ports.claim(options.dashboardPort);
  const exceptions = await ports.claim(9595);
  const url = ({ port }: ClaimedPort): string => `http://127.0.0.1:${port}`;

  const configFile = join(options.dataFolder, 'exception-server.yaml');
  const own = { 'exception-server': [exceptions.port], dashboard: [dashboard.port] };
  writeFileSync(configFile, exceptionServerConfig(fleet, own));

  const start = (name: string, entry: string, args: string[], port: number): Promise<void> =>
    processes.start({
      name,
      args: [
        ...(options.dev ? ['--watch', '--watch-preserve-output'] : []),
        '-C',
        '@binnacle/source',
        entry,
        ...args,
      ],
      cwd: join(options.root, 'apps', name),
      readyUrl: `http://127.0.0.1:${port}/-/ready`,
    }).ready;

  await Promise.all([
    start(
      'exception-server',
      'src/main.ts',
      [
        `--config.file=${configFile}`,
        `--web.listen-address=127.0.0.1:${exceptions.port}`,
        `--storage.url=${join(options.dataFolder, 'exceptions.sqlite')}`,
      ],
      exceptions.port,
    ),
    start(
      'dashboard',
      'src/server/main.ts',
      [
        `--web.listen-address=127.0.0.1:${dashboard.port}`,
        `--exceptions.url=${url(exceptions)}`,
        ...(options.dev ? ['--dev'] : []),
      ],
      dashboard.port,
    ),
  ]);
  const claims = { dashboard, 'exception-server': exceptions };
  const shifted = Object.entries(claims)
    .filter(([, claim]) => claim.port !== claim.wished)
    .map(([name, claim]) => `port ${claim.wished} is taken, so ${name} listens on ${claim.port}`);
  return { dashboard: url(dashboard), exceptions: url(exceptions), shifted };
}

function exceptionServerConfig(fleet: DemoFleet, own: Record<string, number[]>): string {
  const byService = new Map(Object.entries(own));
  for (const { service, port } of fleet.instances)
    byService.set(service, [...(byService.get(service) ?? []), port]);
  const services = [...byService].map(([name, targetPorts]) => ({
    name,
    static_configs: [{ targets: targetPorts.map((port) => `127.0.0.1:${port}`) }],
    // The exception server's /-/exceptions is everything that it has collected, for another server; its own are at /errors.
    scraper: { endpoint: name === 'exception-server' ? '/errors' : '/-/exceptions', refresh_interval: '2s' },
  }));
  return `# Written by npm start. JSON is YAML.\n${JSON.stringify({ services }, null, 2)}\n`;
}
