import {
  Counter,
  Gauge,
  Histogram,
  type CounterConfiguration,
  type GaugeConfiguration,
  type HistogramConfiguration,
  type Metric,
  type Registry,
} from 'prom-client';
import { MetricsError } from './errors.ts';
import { DEFAULT_MAX_SERIES, SeriesGuard, type LabelValues } from './seriesGuard.ts';

interface Guarded {
  /** Most label sets of this metric; 1000 by default. */
  readonly maxSeries?: number;
}

/** prom-client's counter options, without `registers`, with `maxSeries`. The name must end in `_total`. */
export type CounterOptions<T extends string> = Omit<CounterConfiguration<T>, 'registers'> & Guarded;
/** prom-client's gauge options, without `registers`, with `maxSeries`. */
export type GaugeOptions<T extends string> = Omit<GaugeConfiguration<T>, 'registers'> & Guarded;
/** prom-client's histogram options, without `registers`, with `maxSeries`. */
export type HistogramOptions<T extends string> = Omit<HistogramConfiguration<T>, 'registers'> & Guarded;

/** Makes prom-client metrics in one registry whose number of label sets is bounded. */
export class MetricFactory {
  readonly #registry: Registry;
  readonly #overflow: Counter<'metric'>;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#overflow = new Counter({
      name: 'binnacle_metric_series_overflow_total',
      help: 'Updates that met a metric at its limit of label sets.',
      labelNames: ['metric'],
      registers: [registry],
    });
  }

  /** A counter. Beyond the limit, increments go to the overflow series: the sum over all series stays exact. */
  counter<T extends string = string>(options: CounterOptions<T>): Counter<T> {
    requireTotalSuffix(options.name);
    const counter = new Counter<T>({ ...options, registers: [] });
    const guard = this.#guardFor(options);
    if (guard !== undefined) guardCounter(counter, guard, options.enableExemplars === true);
    return this.#register(counter);
  }

  /**
   * A gauge. Beyond the limit, `inc` and `dec` go to the overflow series and `set` is dropped, since the last
   * value of one series says nothing about another.
   */
  gauge<T extends string = string>(options: GaugeOptions<T>): Gauge<T> {
    const gauge = new Gauge<T>({ ...options, registers: [] });
    const guard = this.#guardFor(options);
    if (guard !== undefined) guardGauge(gauge, guard);
    return this.#register(gauge);
  }

  /** A histogram. Beyond the limit, observations go to the overflow series. */
  histogram<T extends string = string>(options: HistogramOptions<T>): Histogram<T> {
    const histogram = new Histogram<T>({ ...options, registers: [] });
    const guard = this.#guardFor(options);
    if (guard !== undefined) guardHistogram(histogram, guard, options.enableExemplars === true);
    return this.#register(histogram);
  }

  #guardFor<T extends string>(options: {
    name: string;
    labelNames?: readonly T[];
    maxSeries?: number;
  }): SeriesGuard<T> | undefined {
    const { name, labelNames = [], maxSeries = DEFAULT_MAX_SERIES } = options;
    if (!Number.isInteger(maxSeries) || maxSeries < 1) {
      const message = `${name}: maxSeries must be an integer of at least 1, not ${maxSeries}.`;
      throw new MetricsError('METRICS_INVALID_OPTION', message);
    }
    if (labelNames.length === 0) return undefined;
    const onOverflow = (): void => this.#overflow.inc({ metric: name });
    return new SeriesGuard({ labelNames, maxSeries, onOverflow });
  }

  /**
   * prom-client refuses metrics with exemplars in a registry of the text format. This package writes both formats
   * itself, so the metric is made outside any registry and then put into it.
   */
  #register<M extends Metric>(metric: M): M {
    this.#registry.registerMetric(metric);
    return metric;
  }
}

function requireTotalSuffix(name: string): void {
  if (name.endsWith('_total')) return;
  const message = `Counter "${name}": a counter's name must end in _total; use "${name}_total".`;
  throw new MetricsError('METRICS_INVALID_OPTION', message);
}

/** What prom-client accepts as the one argument of an update when exemplars are on. */
interface Observation<T extends string> {
  readonly labels?: LabelValues<T>;
  readonly value?: number;
}

type Update = (first?: unknown, value?: number) => void;

function guardCounter<T extends string>(
  counter: Counter<T>,
  guard: SeriesGuard<T>,
  withExemplars: boolean,
): void {
  const inc = counter.inc.bind(counter) as Update;
  const guarded: Update = withExemplars
    ? (observation) => inc(redirectObservation(guard, observation as Observation<T> | undefined))
    : (labels, value) => inc(isLabels<T>(labels) ? guard.redirect(labels) : labels, value);
  counter.inc = guarded;
  guardRemoval(counter, guard);
}

function guardGauge<T extends string>(gauge: Gauge<T>, guard: SeriesGuard<T>): void {
  const inc = gauge.inc.bind(gauge) as Update;
  const dec = gauge.dec.bind(gauge) as Update;
  const set = gauge.set.bind(gauge) as Update;
  const redirected =
    (update: Update): Update =>
    (labels, value) =>
      update(isLabels<T>(labels) ? guard.redirect(labels) : labels, value);
  gauge.inc = redirected(inc);
  gauge.dec = redirected(dec);
  gauge.set = (labels: unknown, value?: number) => {
    if (!isLabels<T>(labels) || guard.admits(labels)) set(labels, value);
  };
  guardRemoval(gauge, guard);
}

function guardHistogram<T extends string>(
  histogram: Histogram<T>,
  guard: SeriesGuard<T>,
  withExemplars: boolean,
): void {
  const observe = histogram.observe.bind(histogram) as Update;
  const zero = histogram.zero.bind(histogram);
  const guarded: Update = withExemplars
    ? (observation) => observe(redirectObservation(guard, observation as Observation<T>))
    : (labels, value) => observe(isLabels<T>(labels) ? guard.redirect(labels) : labels, value);
  histogram.observe = guarded;
  histogram.zero = (labels) => {
    if (guard.admits(labels)) zero(labels);
  };
  // prom-client's child observes past `observe`; this one does not.
  histogram.labels = (...values: unknown[]) => {
    const labels = labelsOf<T>(histogram, values);
    return {
      observe: (value) => (withExemplars ? guarded({ labels, value }) : guarded(labels, value)),
      startTimer: () => histogram.startTimer(labels),
    };
  };
  guardRemoval(histogram, guard);
}

function guardRemoval<T extends string>(
  metric: Counter<T> | Gauge<T> | Histogram<T>,
  guard: SeriesGuard<T>,
): void {
  const remove = metric.remove.bind(metric) as (labels: LabelValues<T>) => void;
  const reset = metric.reset.bind(metric);
  metric.remove = (...values: unknown[]) => {
    const labels = labelsOf<T>(metric, values);
    remove(labels);
    guard.forget(labels);
  };
  metric.reset = () => {
    reset();
    guard.clear();
  };
}

function redirectObservation<T extends string>(
  guard: SeriesGuard<T>,
  observation: Observation<T> = {},
): Observation<T> {
  const { labels } = observation;
  if (labels === undefined) return observation;
  const redirected = guard.redirect(labels);
  return redirected === labels ? observation : { ...observation, labels: redirected };
}

function labelsOf<T extends string>(metric: object, values: readonly unknown[]): LabelValues<T> {
  if (isLabels<T>(values[0])) return values[0];
  const { labelNames } = metric as { labelNames: readonly T[] };
  return Object.fromEntries(labelNames.map((name, i) => [name, values[i]])) as LabelValues<T>;
}

function isLabels<T extends string>(value: unknown): value is LabelValues<T> {
  return typeof value === 'object' && value !== null;
}
