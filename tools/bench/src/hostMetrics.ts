/** Series that move together: `advance` changes their values, which lie side by side from `at`. */
export interface MetricBlock {
  readonly series: readonly { readonly labels: Readonly<Record<string, string>>; readonly start: number }[];
  advance(values: Float64Array, at: number, random: () => number): void;
}

type Random = () => number;
type Walk = (before: number, random: Random) => number;

const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];
const SHARES = [0.07, 0.16, 0.35, 0.56, 0.75, 0.88, 0.95, 0.98, 0.993, 0.998, 0.9994, 1];

/**
 * Where counters start. Near zero Prometheus 2.42 extrapolates a rate further back than 3.x does, and answers could not
 * be compared.
 */
const FAR_FROM_ZERO = 1e6;

/** The 100 series of one host: request counters, three histograms, CPU, memory, gauges and constants. */
export function hostMetrics(host: number, random: Random): MetricBlock[] {
  const load = 0.2 + random();
  return [
    ...requestCounters(load, random),
    ...['/api/v1/items', '/api/v1/users', '/login'].map((handler) => latency(handler, 200 * load, random)),
    ...cpuCounters(random),
    ...['free', 'cached', 'buffers', 'available'].map((kind) =>
      one(`node_memory_${kind}_bytes`, {}, 4096 * whole(1e6 * random()), pages(2000)),
    ),
    ...['node_load1', 'node_load5'].map((name) => one(name, {}, round(1 + random(), 1000), noise(0.05))),
    ...['inlet', 'cpu', 'disk'].map((sensor) =>
      one('temperature_celsius', { sensor }, round(30 + 20 * random(), 1000), noise(0.3)),
    ),
    ...['mail', 'jobs', 'events'].map((queue) => one('queue_depth', { queue }, 20, count(6))),
    one('process_resident_memory_bytes', {}, 4096 * 50_000, pages(200)),
    one('go_goroutines', {}, 80, count(8)),
    one('process_open_fds', {}, 30, count(2)),
    one('up', {}, 1, constant),
    one('process_start_time_seconds', {}, 1.79e9 + whole(1e6 * random()) + 0.37, constant),
    one('app_build_info', { version: `1.${host % 4}.${host % 7}`, revision: `r${host % 11}` }, 1, constant),
  ];
}

function requestCounters(load: number, random: Random): MetricBlock[] {
  const shares = { '200': 1, '201': 0.2, '404': 0.05, '500': 0.01, '503': 0.002 };
  return ['GET', 'POST', 'PUT', 'DELETE'].flatMap((method) =>
    Object.entries(shares).map(([code, share]) => {
      const pace = 300 * load * share * (0.5 + random()) * (method === 'GET' ? 5 : 1);
      return one(
        'http_requests_total',
        { method, code },
        whole(FAR_FROM_ZERO * (1 + random())),
        counter(pace),
      );
    }),
  );
}

function cpuCounters(random: Random): MetricBlock[] {
  const shares = { idle: 0.7, user: 0.2, system: 0.06, iowait: 0.03, steal: 0.0005 };
  return ['0', '1', '2', '3'].flatMap((cpu) =>
    Object.entries(shares).map(([mode, share]) => {
      const step: Walk = (before, next) => round(before + 15 * share * (0.9 + 0.2 * next()), 100);
      return one('node_cpu_seconds_total', { cpu, mode }, round(FAR_FROM_ZERO * (1 + random()), 100), step);
    }),
  );
}

/** Buckets, sum and count of one histogram: all follow the same observations. */
function latency(handler: string, pace: number, random: Random): MetricBlock {
  const base = whole(1e5 * (1 + random()));
  const name = 'http_request_duration_seconds';
  return {
    series: [
      ...BOUNDS.map((le, i) => ({
        labels: { __name__: `${name}_bucket`, handler, le },
        start: whole(base * SHARES[i]!),
      })),
      { labels: { __name__: `${name}_sum`, handler }, start: base * 0.11 },
      { labels: { __name__: `${name}_count`, handler }, start: base },
    ],
    advance(values, at, next) {
      const observed = whole(pace * (0.7 + 0.6 * next()));
      SHARES.forEach((share, i) => (values[at + i]! += Math.round(observed * share)));
      values[at + BOUNDS.length]! += observed * 0.11 * (0.9 + 0.2 * next());
      values[at + BOUNDS.length + 1]! += observed;
    },
  };
}

function one(name: string, labels: Record<string, string>, start: number, walk: Walk): MetricBlock {
  return {
    series: [{ labels: { __name__: name, ...labels }, start }],
    advance: (values, at, random) => (values[at] = walk(values[at]!, random)),
  };
}

const constant: Walk = (before) => before;

function counter(pace: number): Walk {
  return (before, random) => before + whole(pace * (0.7 + 0.6 * random()) + random());
}

function noise(width: number): Walk {
  return (before, random) => round(Math.max(0, before + width * (random() - 0.5)), 1000);
}

function pages(width: number): Walk {
  return (before, random) =>
    random() < 0.3 ? before : Math.max(4096, before + 4096 * whole(width * (random() - 0.5)));
}

function count(width: number): Walk {
  return (before, random) => Math.max(0, before + Math.round(width * (random() - 0.5)));
}

function whole(value: number): number {
  return Math.floor(value);
}

function round(value: number, units: number): number {
  return Math.round(value * units) / units;
}
