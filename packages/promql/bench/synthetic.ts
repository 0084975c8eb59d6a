import { Labels } from '@binnacle/model';
import { ColumnStore } from './columnStore.ts';
import { END_MS, INTERVAL_MS, type Profile } from './profiles.ts';

const JOBS = ['api', 'web', 'db', 'cache', 'node'];
const BOUNDS = ['0.005', '0.01', '0.025', '0.05', '0.1', '0.25', '0.5', '1', '2.5', '5', '10', '+Inf'];
const SHARE = [0.08, 0.17, 0.36, 0.55, 0.74, 0.89, 0.955, 0.982, 0.994, 0.998, 0.9995, 1];

/** Fills one series' values from the one before. */
type Walk = (before: number, random: () => number) => number;

interface Template {
  readonly labels: Readonly<Record<string, string>>;
  readonly start: number;
  readonly walk: Walk;
}

/** A store with the reference mix: 100 series an instance, counters, histograms, gauges and constants. */
export function buildStore(profile: Profile): ColumnStore {
  const random = generator(12_345);
  const templates = instanceTemplates();
  const series: { labels: Labels; timestamps: Float64Array; values: Float64Array }[] = [];
  const startMs = END_MS - profile.samples * INTERVAL_MS;
  for (let instance = 0; series.length < profile.series; instance++) {
    const offset = Math.floor(random() * INTERVAL_MS);
    const timestamps = Float64Array.from(
      { length: profile.samples },
      (_, i) => startMs + offset + i * INTERVAL_MS,
    );
    const host = { instance: `host-${instance}:9100`, job: JOBS[instance % JOBS.length]! };
    for (const { labels, start, walk } of templates) {
      if (series.length >= profile.series) break;
      const version = labels['__name__'] === 'app_build_info' ? { version: `1.${instance % 28}` } : {};
      const values = new Float64Array(profile.samples);
      let value = start;
      for (let i = 0; i < values.length; i++) values[i] = value = walk(value, random);
      series.push({ labels: Labels.from({ ...labels, ...host, ...version }), timestamps, values });
    }
  }
  series.sort((a, b) => Labels.compare(a.labels, b.labels));
  const store = new ColumnStore();
  for (const { labels, timestamps, values } of series) store.add(labels, timestamps, values);
  return store;
}

function instanceTemplates(): Template[] {
  const templates: Template[] = [];
  const add = (name: string, labels: Record<string, string>, start: number, walk: Walk): void => {
    templates.push({ labels: { __name__: name, ...labels }, start, walk });
  };
  const counter =
    (perStep: number): Walk =>
    (before, random) =>
      before + Math.floor(perStep * (0.7 + 0.6 * random()));
  for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
    for (const code of ['200', '201', '404', '500', '503']) {
      add('http_requests_total', { method, code }, 1e5, counter(code === '200' ? 300 : 20));
    }
  }
  for (const handler of ['/api/v1/items', '/api/v1/users', '/login']) {
    BOUNDS.forEach((le, i) => {
      add('http_request_duration_seconds_bucket', { handler, le }, 1e5 * SHARE[i]!, counter(200 * SHARE[i]!));
    });
    add('http_request_duration_seconds_sum', { handler }, 1e4, (before, random) => before + 11 * random());
    add('http_request_duration_seconds_count', { handler }, 1e5, counter(200));
  }
  for (const cpu of ['0', '1', '2', '3']) {
    for (const mode of ['idle', 'user', 'system', 'iowait', 'steal']) {
      add('node_cpu_seconds_total', { cpu, mode }, 1e5, (before, random) => {
        return Math.round((before + 3 * random()) * 100) / 100;
      });
    }
  }
  for (const kind of ['free', 'cached', 'buffers', 'available']) {
    add(`node_memory_${kind}_bytes`, {}, 4096e6, (before, random) => {
      return before + 4096 * Math.floor(2000 * (random() - 0.5));
    });
  }
  const gauge: Walk = (before, random) => Math.round(Math.max(0, before + random() - 0.5) * 1000) / 1000;
  for (const name of ['node_load1', 'node_load5']) add(name, {}, 1, gauge);
  for (const sensor of ['inlet', 'cpu', 'disk']) add('temperature_celsius', { sensor }, 40, gauge);
  for (const queue of ['mail', 'jobs', 'events']) add('queue_depth', { queue }, 20, (before) => before);
  for (const name of [
    'process_resident_memory_bytes',
    'go_goroutines',
    'process_open_fds',
    'up',
    'app_build_info',
  ]) {
    add(name, {}, 1, (before) => before);
  }
  add('process_start_time_seconds', {}, 1.79e9 + 0.37, (before) => before);
  return templates;
}

/** A repeatable source of numbers from 0 to 1. */
function generator(start: number): () => number {
  let state = start;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
