import type { Counter, Metric, Registry } from 'prom-client';
import { MetricsError } from './errors.ts';

/** A pointer from a sample to one request that it counts, for instance a trace. */
export interface Exemplar {
  readonly labels: Record<string, string | number>;
  readonly value: number;
  /** Seconds since the Unix epoch. */
  readonly timestamp: number;
}

export interface Sample {
  /** The family's name, or for parts of a histogram that name with its suffix. */
  readonly name: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
  readonly exemplar?: Exemplar;
}

/** One metric with all its samples at one moment; plain data that survives structured cloning. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  /** How values of several processes become one: `sum`, `first`, `min`, `max`, `average` or `omit`. */
  readonly aggregator: string;
  readonly samples: readonly Sample[];
}

export interface SnapshotOptions {
  /** Longest time that all `collect` functions together may take. */
  readonly timeoutMs: number;
  /** Counts a metric whose `collect` threw or took too long; the others are not affected. */
  readonly collectErrors: Counter<'metric'>;
}

/** Reads every metric of a registry, running `collect` functions. One that fails is left out and counted. */
export async function takeSnapshot(registry: Registry, options: SnapshotOptions): Promise<Family[]> {
  const { timeoutMs, collectErrors } = options;
  const deadline = startDeadline(timeoutMs);
  const read = async (metric: PromMetric): Promise<Family | undefined> => {
    try {
      return toFamily(await Promise.race([metric.get(), deadline.expired]));
    } catch {
      collectErrors.inc({ metric: metric.name });
      return undefined;
    }
  };
  const metrics = registry.getMetricsAsArray() as unknown as PromMetric[];
  const errorMetric = collectErrors as unknown as PromMetric;
  const families = await Promise.all(metrics.filter((metric) => metric !== errorMetric).map(read));
  deadline.cancel();
  // Last, so that it counts the failures of this very reading.
  families.push(await read(errorMetric));
  return families.filter((family) => family !== undefined);
}

type PromMetric = { readonly name: string; get(): Promise<PromFamily> } & Pick<Metric, 'reset'>;

/** What prom-client's `get` resolves with; its type declarations leave out exemplars. */
interface PromFamily {
  readonly name: string;
  readonly help: string;
  readonly type: Family['type'];
  readonly aggregator: string;
  readonly values: readonly PromValue[];
}

interface PromValue {
  readonly metricName?: string;
  readonly labels: Record<string, string | number>;
  readonly value: number;
  readonly exemplar?: {
    readonly labelSet: Record<string, string | number>;
    readonly value: number;
    readonly timestamp: number;
  } | null;
}

function toFamily({ name, help, type, aggregator, values }: PromFamily): Family {
  const samples = values.map(({ metricName, labels, value, exemplar }): Sample => {
    const sample = { name: metricName ?? name, labels, value };
    if (!exemplar) return sample;
    const { labelSet, value: exemplarValue, timestamp } = exemplar;
    return { ...sample, exemplar: { labels: labelSet, value: exemplarValue, timestamp } };
  });
  return { name, help, type, aggregator, samples };
}

function startDeadline(timeoutMs: number): { expired: Promise<never>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new MetricsError('METRICS_COLLECT_TIMEOUT', `collect took longer than ${timeoutMs} ms.`));
    }, timeoutMs);
  });
  // Nobody may be waiting any more when it expires.
  expired.catch(() => undefined);
  return { expired, cancel: () => clearTimeout(timer) };
}
