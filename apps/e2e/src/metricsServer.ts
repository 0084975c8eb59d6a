import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HISTORY_MS = 2 * 3_600_000;
const STEP_MS = 15_000;
const BOUNDS = ['0.05', '0.1', '0.5', '1', '+Inf'] as const;
/** Of a hundred requests, how many were answered within each bound. */
const WITHIN = [40, 70, 95, 99, 100] as const;

/** Which server answers queries in a run of the specs: this project's own, or the machine's Prometheus. */
export type MetricsServerKind = 'binnacle' | 'prometheus';

/** A metrics server with two hours of history, which scrapes itself, the dashboard, and a target that is down. */
export interface RunningMetricsServer extends AsyncDisposable {
  readonly url: string;
}

/** Starts a metrics server on a folder of its own; the history goes in by the server's own backfill. */
export async function startMetricsServer(
  kind: MetricsServerKind,
  dashboardPort: number,
): Promise<RunningMetricsServer> {
  const { freePort, startProcess, tempDir } = await import('@binnacle/testing');
  const { server, backfill } = PROGRAMS[kind];
  const folder = tempDir('metrics');
  const [port, closedPort] = [await freePort(), await freePort()];
  const data = join(folder.path, 'data');
  const configFile = join(folder.path, 'prometheus.yml');
  const historyFile = join(folder.path, 'history.om');
  writeFileSync(historyFile, history(Date.now()));
  writeFileSync(
    configFile,
    configuration({ prometheus: port, dashboard: dashboardPort, search: closedPort }),
  );
  execFileSync(backfill.command, backfill.args(historyFile, data));
  const running = await startProcess({
    command: server.command,
    args: [
      ...server.args,
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    cwd: folder.path,
    readyUrl: `http://127.0.0.1:${port}/-/ready`,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await running.stop();
      folder.remove();
    },
  };
}

const built = (name: string): string => join(import.meta.dirname, '../../metrics-server/dist', `${name}.mjs`);

const PROGRAMS = {
  binnacle: {
    server: { command: process.execPath, args: [built('metrics-server')] },
    backfill: {
      command: process.execPath,
      args: (file: string, data: string) => [built('binnacle-metrics'), 'tsdb', 'backfill', data, file],
    },
  },
  prometheus: {
    server: { command: 'prometheus', args: [] },
    backfill: {
      command: 'promtool',
      args: (file: string, data: string) => [
        'tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, data,
      ], // prettier-ignore
    },
  },
} as const;

function configuration(ports: Readonly<Record<string, number>>): string {
  const jobs = Object.entries(ports).map(
    ([job, port]) => `  - job_name: ${job}
    static_configs:
      - targets: ['127.0.0.1:${port}']
        labels: { service: ${job} }
`,
  );
  return `global: { scrape_interval: 1s }\nscrape_configs:\n${jobs.join('')}`;
}

/** Requests, latency and a gauge with awkward labels of the service `tracks`, in the OpenMetrics text format. */
function history(nowMs: number): string {
  const times = Array.from(
    { length: HISTORY_MS / STEP_MS },
    (_, index) => nowMs - HISTORY_MS + index * STEP_MS,
  );
  const lines = (name: string, labels: string, value: (index: number) => number): string[] =>
    times.map((time, index) => `${name}{${labels}} ${value(index)} ${time / 1000}`);
  const requests = (index: number): number => index * 900 + Math.round(400 * Math.sin(index / 40));
  const awkward = String.raw`text="a,b \"c\"\nd",service="tracks"`;
  return [
    '# TYPE http_requests counter',
    ...lines('http_requests_total', 'service="tracks",code="2xx"', requests),
    ...lines('http_requests_total', 'service="tracks",code="5xx"', (index) => Math.floor(index * 9)),
    '# TYPE http_request_duration_seconds histogram',
    ...BOUNDS.flatMap((bound, at) =>
      lines(
        'http_request_duration_seconds_bucket',
        `service="tracks",le="${bound}"`,
        (index) => index * 9 * WITHIN[at]!,
      ),
    ),
    '# TYPE demo_awkward gauge',
    ...lines('demo_awkward', awkward, () => 1.5),
    ...lines('demo_awkward', 'text="plain",service="tracks"', (index) => index),
    '# EOF\n',
  ].join('\n');
}
