import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HISTORY_MS = 2 * 3_600_000;
const STEP_MS = 15_000;
const BOUNDS = ['0.05', '0.1', '0.5', '1', '+Inf'] as const;
/** Of a hundred requests, how many were answered within each bound. */
const WITHIN = [40, 70, 95, 99, 100] as const;

/** A Prometheus with two hours of history, which scrapes itself, the dashboard, and a target that is down. */
export interface Prometheus extends AsyncDisposable {
  readonly url: string;
}

/** Starts the machine's Prometheus on a folder of its own. */
export async function startPrometheus(dashboardPort: number): Promise<Prometheus> {
  const { freePort, startProcess, tempDir } = await import('@binnacle/testing');
  const folder = tempDir('prometheus');
  const [port, closedPort] = [await freePort(), await freePort()];
  const data = join(folder.path, 'data');
  writeFileSync(join(folder.path, 'history.om'), history(Date.now()));
  execFileSync('promtool', [
    'tsdb', 'create-blocks-from', 'openmetrics', '--quiet', join(folder.path, 'history.om'), data,
  ]); // prettier-ignore
  writeFileSync(
    join(folder.path, 'prometheus.yml'),
    configuration({ prometheus: port, dashboard: dashboardPort, search: closedPort }),
  );
  const server = await startProcess({
    command: 'prometheus',
    args: [
      `--config.file=${join(folder.path, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    cwd: folder.path,
    readyUrl: `http://127.0.0.1:${port}/-/ready`,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      folder.remove();
    },
  };
}

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
