import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A program outside this repository that some test suites drive. */
export interface Component {
  /** What the component is, in the words of the closing table. */
  readonly what: string;
  /** How a person gets it. */
  readonly howToGet: string;
  /** True when this machine has it. Looks at files only; starts nothing. */
  readonly detect: () => boolean;
}

/** Every component that a suite may ask for with `describeWith`. */
export const COMPONENTS = {
  chromium: {
    what: 'Chromium',
    howToGet: 'apt-get install chromium, or set CHROMIUM_PATH',
    detect: () => existsSync(process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium') || has('chromium'),
  },
  postgres: {
    what: 'PostgreSQL server',
    howToGet: 'apt-get install postgresql',
    detect: () => findPostgresBinary('initdb') !== undefined,
  },
  redis: {
    what: 'Redis server',
    howToGet: 'apt-get install redis-server',
    detect: () => has('redis-server'),
  },
  prometheus: {
    what: 'Prometheus and promtool',
    howToGet: 'apt-get install prometheus',
    detect: () => has('prometheus') && has('promtool'),
  },
  alertmanager: {
    what: 'Alertmanager and amtool',
    howToGet: 'apt-get install prometheus-alertmanager',
    detect: () => has('prometheus-alertmanager') && has('amtool'),
  },
  'node-exporter': {
    what: 'node_exporter',
    howToGet: 'apt-get install prometheus-node-exporter',
    detect: () => has('prometheus-node-exporter'),
  },
  pushgateway: {
    what: 'Prometheus Pushgateway',
    howToGet: 'apt-get install prometheus-pushgateway',
    detect: () => has('prometheus-pushgateway'),
  },
  'victoria-metrics': {
    what: 'VictoriaMetrics',
    howToGet: 'apt-get install victoria-metrics',
    detect: () => has('victoria-metrics'),
  },
  'periskop-go': {
    what: "Go and Periskop's Go client",
    howToGet:
      'apt-get install golang, and PERISKOP_GO_SOURCE=<a checkout of periskop-go>; ' +
      'or `go mod download github.com/periskop-dev/periskop-go@latest` where the module proxy serves it',
    detect: () =>
      has('go') &&
      (process.env['PERISKOP_GO_SOURCE'] !== undefined ||
        isGoModuleCached('github.com/periskop-dev/periskop-go')),
  },
  'client-golang': {
    what: "Go and Prometheus's client_golang",
    howToGet:
      'apt-get install golang, and `go mod download github.com/prometheus/client_golang@v1.23.2` in any module',
    detect: () => has('go') && isGoModuleCached('github.com/prometheus/client_golang'),
  },
  python: {
    what: 'Python 3 and pip (run periskop-python and prometheus_client)',
    howToGet: 'apt-get install python3 python3-pip',
    detect: () => has('python3'),
  },
  java: {
    what: 'Java and Maven (run Kafka)',
    howToGet: 'apt-get install maven',
    detect: () => has('java') && has('mvn'),
  },
} as const satisfies Record<string, Component>;

export type ComponentName = keyof typeof COMPONENTS;

/** Names of the components on this machine. `BINNACLE_COMPONENTS` (a comma-separated list) overrides detection. */
export function detectComponents(): Set<ComponentName> {
  const names = Object.keys(COMPONENTS) as ComponentName[];
  const given = process.env['BINNACLE_COMPONENTS'];
  if (given !== undefined) {
    const listed = new Set(given.split(','));
    return new Set(names.filter((name) => listed.has(name)));
  }
  return new Set(names.filter((name) => COMPONENTS[name].detect()));
}

/** Full path of an executable on PATH, or undefined. */
export function findExecutable(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
  return undefined;
}

/** Debian keeps PostgreSQL's server programs out of PATH, in one folder per major version. */
export function findPostgresBinary(name: string): string | undefined {
  const onPath = findExecutable(name);
  if (onPath !== undefined) return onPath;
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, 'bin', name)).find((path) => existsSync(path));
}

function isGoModuleCached(module: string): boolean {
  const cache =
    process.env['GOMODCACHE'] ?? join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'pkg', 'mod');
  const folder = join(cache, 'cache', 'download', module, '@v');
  return existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.zip'));
}

function has(name: string): boolean {
  return findExecutable(name) !== undefined;
}
