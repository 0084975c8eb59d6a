import { Labels } from '@binnacle/model';

/** Series of the reference profiles: 100 per host, in the mix of a scraped fleet. */
export interface Profile {
  readonly labels: readonly Labels[];
  /** The current value of every series; `step` moves them on by 15 seconds. */
  readonly values: Float64Array;
  step(): void;
}

export const STEP_MS = 15_000;
export const START_MS = Date.UTC(2026, 0, 15);

const JOBS = ['api', 'web', 'db', 'cache', 'node'];
const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];
const SHARE = [0.08, 0.17, 0.36, 0.55, 0.74, 0.89, 0.955, 0.982, 0.994, 0.998, 0.9995, 1];
const STATUS = [
  ['200', 1],
  ['201', 0.2],
  ['404', 0.05],
  ['500', 0.01],
  ['503', 0.002],
] as const;
const MODES = [
  ['idle', 0.7],
  ['user', 0.2],
  ['system', 0.06],
  ['iowait', 0.03],
  ['steal', 0.0005],
] as const;

const COUNTER = 0;
const CPU = 1;
const NOISE = 2;
const BYTES = 3;
const CONSTANT = 4;
const INTEGER = 5;
const BUCKET = 6;
const SUM = 7;
const COUNT = 8;

/** Builds the first `count` series of the mix, from a fixed seed. */
export function buildProfile(count: number): Profile {
  let seed = 12345;
  const random = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 4294967296;
  };
  const labels: Labels[] = [];
  const kinds = new Uint8Array(count);
  const values = new Float64Array(count);
  const rates = new Float64Array(count);
  let next = 0;
  for (let host = 0; labels.length < count; host++) {
    const add = (
      name: string,
      extra: Record<string, string>,
      kind: number,
      value: number,
      rate: number,
    ): void => {
      if (next >= count) return;
      const instance = `host-${host}:9100`;
      labels.push(Labels.from({ __name__: name, instance, job: JOBS[host % JOBS.length]!, ...extra }));
      kinds[next] = kind;
      values[next] = value;
      rates[next++] = rate;
    };
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      for (const [code, share] of STATUS) {
        const rate = share * 300 * (0.2 + random()) * (method === 'GET' ? 5 : 1);
        add('http_requests_total', { code, method }, COUNTER, Math.floor(random() * 1e6), rate);
      }
    }
    for (const handler of ['/api/v1/items', '/api/v1/users', '/login']) {
      const rate = 200 * (0.2 + random());
      BOUNDS.forEach((le, i) => {
        const start = Math.floor(1e5 * SHARE[i]!);
        add('http_request_duration_seconds_bucket', { handler, le }, BUCKET, start, i === 0 ? rate : -i);
      });
      add('http_request_duration_seconds_sum', { handler }, SUM, 1e4 * random(), 0.11);
      add('http_request_duration_seconds_count', { handler }, COUNT, 1e5, 0);
    }
    for (let cpu = 0; cpu < 4; cpu++) {
      for (const [mode, share] of MODES) {
        add(
          'node_cpu_seconds_total',
          { cpu: String(cpu), mode },
          CPU,
          Math.round(random() * 1e8) / 100,
          share,
        );
      }
    }
    for (const kind of ['free', 'cached', 'buffers', 'available']) {
      add(`node_memory_${kind}_bytes`, {}, BYTES, 4096 * Math.floor(1e6 * random()), 2000);
    }
    add('node_load1', {}, NOISE, 1 + random(), 0.05);
    add('node_load5', {}, NOISE, 1 + random(), 0.02);
    for (const sensor of ['inlet', 'cpu', 'disk'])
      add('temperature_celsius', { sensor }, NOISE, 30 + 20 * random(), 0.3);
    for (const queue of ['mail', 'jobs', 'events']) add('queue_depth', { queue }, INTEGER, 20, 6);
    add('process_resident_memory_bytes', {}, BYTES, 4096 * 50000, 200);
    add('go_goroutines', {}, INTEGER, 80, 8);
    add('process_open_fds', {}, INTEGER, 30, 2);
    add('up', {}, CONSTANT, 1, 0);
    add('process_start_time_seconds', {}, CONSTANT, 1.79e9 + Math.floor(random() * 1e6) + 0.37, 0);
    const revision = `r${host % 11}`;
    add('app_build_info', { version: `1.${host % 4}.${host % 7}`, revision }, CONSTANT, 1, 0);
  }
  const step = (): void => {
    let requests = 0;
    for (let s = 0; s < count; s++) {
      const rate = rates[s]!;
      const value = values[s]!;
      switch (kinds[s]) {
        case COUNTER: {
          const x = rate * (0.7 + 0.6 * random());
          values[s] = value + (x >= 4 ? Math.floor(x) : random() < x / 4 ? 1 + Math.floor(random() * 4) : 0);
          break;
        }
        case CPU:
          values[s] = Math.round((value + 15 * rate * (0.9 + 0.2 * random())) * 100) / 100;
          break;
        case NOISE:
          values[s] = Math.round(Math.max(0, value + rate * (random() - 0.5)) * 1000) / 1000;
          break;
        case BYTES:
          if (random() < 0.7) values[s] = Math.max(4096, value + 4096 * Math.floor(rate * (random() - 0.5)));
          break;
        case INTEGER:
          values[s] = Math.max(0, value + Math.floor(rate * (random() - 0.5) + 0.5));
          break;
        case BUCKET:
          if (rate > 0) requests = Math.floor(rate * (0.7 + 0.6 * random()));
          values[s] = value + Math.round(requests * SHARE[rate > 0 ? 0 : -rate]!);
          break;
        case SUM:
          values[s] = value + requests * rate * (0.9 + 0.2 * random());
          break;
        case COUNT:
          values[s] = value + requests;
          break;
      }
    }
  };
  return { labels, values, step };
}
