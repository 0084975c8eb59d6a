import cluster from 'node:cluster';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Counter, Gauge, Registry, type Histogram } from 'prom-client';
import { answerPrimary, ClusterMerger } from './cluster.ts';
import { MetricsError } from './errors.ts';
import {
  MetricFactory,
  type CounterOptions,
  type GaugeOptions,
  type HistogramOptions,
} from './guardedMetrics.ts';
import { HttpMetrics, type HttpMetricsOptions } from './httpMetrics.ts';
import { negotiateFormat } from './negotiate.ts';
import { registerProcessMetrics } from './processMetrics.ts';
import { pushText, type PushOptions } from './pushTo.ts';
import { encodeBody, sendExposition, type Exposition } from './sendExposition.ts';
import { takeSnapshot, type Family } from './snapshot.ts';
import { CONTENT_TYPES, writeExposition } from './writeExposition.ts';

export interface MetricsOptions {
  /** The name of the service, for instance `billing`. */
  readonly service: string;
  /** Which of its instances this is. Only on `build_info`: the scraper adds `instance` to every series. */
  readonly instance?: string;
  readonly version?: string;
  readonly environment?: string;
  /** Whether the registry has the metrics of the process, the event loop and garbage collection; true by default. */
  readonly defaultMetrics?: boolean;
  readonly http?: HttpMetricsOptions;
  /** Longest time that `collect` functions, and likewise the workers of a cluster, may take; 5 s by default. */
  readonly collectTimeoutMs?: number;
}

/** The metrics of one service in this process. */
export interface Metrics {
  /** prom-client's registry, for libraries that bring metrics of their own. */
  readonly registry: Registry;
  readonly http: HttpMetrics;
  /** Answers GET and HEAD with the metrics, in the format and encoding that the request prefers. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** The same answer for frameworks: `accept` and `accept-encoding` of the request's headers decide its form. */
  render(headers?: Pick<IncomingHttpHeaders, 'accept' | 'accept-encoding'>): Promise<Exposition>;
  counter<T extends string = string>(options: CounterOptions<T>): Counter<T>;
  gauge<T extends string = string>(options: GaugeOptions<T>): Gauge<T>;
  histogram<T extends string = string>(options: HistogramOptions<T>): Histogram<T>;
  /** Pushes every metric to a Pushgateway, for jobs too short to be scraped. */
  pushTo(gatewayUrl: string, options: PushOptions): Promise<void>;
  /** Leaves the cluster's message channel and empties the registry. */
  close(): void;
}

/**
 * Makes the metrics of a service: those of the process and of the build, HTTP metrics, and factories for its own. In
 * the primary of a `node:cluster` the output is that of all workers together.
 */
export function createMetrics(options: MetricsOptions): Metrics {
  const { service, defaultMetrics = true, collectTimeoutMs = 5_000 } = options;
  if (typeof service !== 'string' || service === '') {
    const message = `createMetrics: service must be a name, for instance "billing"; got ${JSON.stringify(service)}.`;
    throw new MetricsError('METRICS_INVALID_OPTION', message);
  }
  const registry = newRegistry();
  const factory = new MetricFactory(registry);
  registerBuildInfo(registry, options);
  if (defaultMetrics) registerProcessMetrics(registry);
  const collectErrors = new Counter({
    name: 'binnacle_metric_collect_errors_total',
    help: 'Metrics left out of an exposition because their collect function failed or took too long.',
    labelNames: ['metric'],
    registers: [registry],
  });

  const ownFamilies = (): Promise<Family[]> =>
    takeSnapshot(registry, { timeoutMs: collectTimeoutMs, collectErrors });
  const { families, leave } = joinCluster({ service, timeoutMs: collectTimeoutMs, ownFamilies });

  const render = async (headers: IncomingHttpHeaders = {}): Promise<Exposition> => {
    const format = negotiateFormat(headers.accept);
    const text = writeExposition(await families(), format);
    return encodeBody(text, CONTENT_TYPES[format], headers['accept-encoding']);
  };

  return {
    registry,
    http: new HttpMetrics(factory, options.http),
    handler: (request, response) => sendExposition(request, response, render),
    render,
    counter: (config) => factory.counter(config),
    gauge: (config) => factory.gauge(config),
    histogram: (config) => factory.histogram(config),
    pushTo: async (gatewayUrl, push) => pushText(gatewayUrl, writeExposition(await families(), 'text'), push),
    close: () => {
      leave();
      registry.clear();
    },
  };
}

function newRegistry(): Registry {
  const registry = new Registry();
  registry.setDefaultLabels = () => {
    const message =
      'setDefaultLabels: labels of the whole process belong to the scrape configuration; build_info carries identity.';
    throw new MetricsError('METRICS_INVALID_OPTION', message);
  };
  return registry;
}

function registerBuildInfo(registry: Registry, options: MetricsOptions): void {
  const { service, instance, version, environment } = options;
  const given = Object.entries({ service, instance, version, environment });
  const labels = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
  new Gauge({
    name: 'build_info',
    help: 'Always 1; its labels say which service, version and environment this is.',
    labelNames: Object.keys(labels),
    registers: [registry],
    aggregator: 'max',
  }).set(labels, 1);
}

function joinCluster(options: { service: string; timeoutMs: number; ownFamilies: () => Promise<Family[]> }): {
  families: () => Promise<Family[]>;
  leave: () => void;
} {
  if (cluster.isWorker) return { families: options.ownFamilies, leave: answerPrimary(options) };
  const merger = new ClusterMerger(options);
  return { families: () => merger.families(), leave: () => merger.close() };
}
