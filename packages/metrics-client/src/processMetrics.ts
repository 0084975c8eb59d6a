import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { collectDefaultMetrics, Histogram, Registry, type Metric } from 'prom-client';

/** Gauges of prom-client whose names end in `_total`, which is for counters; each is the sum of one beside it. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

const GC_KINDS = new Map([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

/** What entries of the type `gc` carry; Node's type declarations leave it out. */
type GcEntry = PerformanceEntry & { readonly detail: { readonly kind: number } };

let shared: Registry | undefined;

/**
 * Adds the metrics of the process (CPU, memory, handles, event loop, garbage collection, Node's version) to a
 * registry. They describe the process, and their timers cannot be stopped, so all registries of a process share them.
 */
export function registerProcessMetrics(registry: Registry): void {
  shared ??= startProcessMetrics();
  for (const metric of shared.getMetricsAsArray()) registry.registerMetric(metric as unknown as Metric);
}

function startProcessMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  registry.removeSingleMetric('nodejs_gc_duration_seconds');
  observeGarbageCollection(registry);
  return registry;
}

/** prom-client 15 reads only the first of the collections that one notification holds; this one reads them all. */
function observeGarbageCollection(registry: Registry): void {
  const duration = new Histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
    labelNames: ['kind'],
    buckets: [0.001, 0.01, 0.1, 1, 2, 5],
    registers: [registry],
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as GcEntry).detail;
      duration.observe({ kind: GC_KINDS.get(kind) ?? 'other' }, entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
}
