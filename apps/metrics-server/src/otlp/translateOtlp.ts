import { formatGoFloat, LabelsBuilder, METRIC_NAME, type FloatHistogram, type Labels } from '@binnacle/model';
import { nativeHistogramOf } from './exponentialHistogram.ts';
import { labelName, metricName } from './names.ts';
import type {
  AnyValue,
  KeyValue,
  NumberPoint,
  OtlpMetric,
  OtlpRequest,
  Point,
  ResourceMetrics,
  Temporal,
} from './otlpRequest.ts';

/** What the translation gives away, series by series. `startMs`: when a counter began to count, 0 for unknown. */
export interface OtlpSink {
  sample(labels: Labels, timeMs: number, value: number, startMs: number): void;
  stale(labels: Labels, timeMs: number): void;
  histogram(labels: Labels, timeMs: number, histogram: FloatHistogram, startMs: number): void;
  metadata(family: string, type: string, help: string, unit: string): void;
}

export interface TranslateOptions {
  /** Resource attributes that become labels of every series. */
  readonly promoted: ReadonlySet<string>;
  readonly nowMs: number;
}

const NO_RECORDED_VALUE = 1;
const IDENTIFYING = new Set(['service.name', 'service.namespace', 'service.instance.id']);

/** Translates a request as Prometheus's OTLP receiver does. Returns how many points were left out, being deltas. */
export function translateOtlp(request: OtlpRequest, sink: OtlpSink, options: TranslateOptions): number {
  let leftOut = 0;
  for (const resource of request.resourceMetrics ?? []) {
    leftOut += new ResourceTranslation(resource, sink, options).run();
  }
  return leftOut;
}

class ResourceTranslation {
  readonly #resource: ResourceMetrics;
  readonly #sink: OtlpSink;
  readonly #options: TranslateOptions;
  readonly #attributes: ReadonlyMap<string, string>;
  readonly #base: LabelsBuilder;
  #newestMs = 0;
  #leftOut = 0;

  constructor(resource: ResourceMetrics, sink: OtlpSink, options: TranslateOptions) {
    this.#resource = resource;
    this.#sink = sink;
    this.#options = options;
    this.#attributes = attributesOf(resource.resource?.attributes);
    this.#base = new LabelsBuilder();
    const service = this.#attributes.get('service.name') ?? '';
    const namespace = this.#attributes.get('service.namespace') ?? '';
    for (const [name, value] of this.#attributes) {
      if (options.promoted.has(name)) this.#base.set(labelName(name), value);
    }
    if (service !== '') this.#base.set('job', namespace === '' ? service : `${namespace}/${service}`);
    this.#base.set('instance', this.#attributes.get('service.instance.id') ?? '');
  }

  run(): number {
    for (const { metrics = [] } of this.#resource.scopeMetrics ?? [])
      for (const metric of metrics) this.#metric(metric);
    this.#targetInfo();
    return this.#leftOut;
  }

  #metric(metric: OtlpMetric): void {
    const { unit = '', description = '', gauge, sum, histogram, exponentialHistogram, summary } = metric;
    const named = (kind: 'gauge' | 'counter' | 'other', type: string): string => {
      const name = metricName(metric.name ?? '', unit, kind);
      this.#sink.metadata(name, type, description, unit);
      return name;
    };
    if (gauge !== undefined) this.#numbers(named('gauge', 'gauge'), false, gauge.dataPoints);
    if (sum !== undefined && this.#isCumulative(sum, sum.dataPoints)) {
      const isCounter = sum.isMonotonic === true;
      const name = named(isCounter ? 'counter' : 'other', isCounter ? 'counter' : 'gauge');
      this.#numbers(name, isCounter, sum.dataPoints);
    }
    if (histogram !== undefined && this.#isCumulative(histogram, histogram.dataPoints)) {
      const name = named('other', 'histogram');
      for (const point of histogram.dataPoints ?? []) {
        const { bucketCounts = [], explicitBounds = [], count = 0, sum: total } = point;
        if (total !== undefined) this.#counter(`${name}_sum`, point, total);
        this.#counter(`${name}_count`, point, Number(count));
        let below = 0;
        for (const [i, bound] of explicitBounds.entries()) {
          below += Number(bucketCounts[i] ?? 0);
          this.#counter(`${name}_bucket`, point, below, ['le', formatGoFloat(bound)]);
        }
        this.#counter(`${name}_bucket`, point, Number(count), ['le', '+Inf']);
      }
    }
    if (
      exponentialHistogram !== undefined &&
      this.#isCumulative(exponentialHistogram, exponentialHistogram.dataPoints)
    ) {
      const name = named('other', 'histogram');
      for (const point of exponentialHistogram.dataPoints ?? []) {
        const labels = this.#labels(name, point);
        if (isEmpty(point)) this.#sink.stale(labels, this.#time(point));
        else this.#sink.histogram(labels, this.#time(point), nativeHistogramOf(point), startOf(point));
      }
    }
    if (summary !== undefined) {
      const name = named('other', 'summary');
      for (const point of summary.dataPoints ?? []) {
        this.#counter(`${name}_sum`, point, point.sum ?? 0);
        this.#counter(`${name}_count`, point, Number(point.count ?? 0));
        for (const { quantile = 0, value = 0 } of point.quantileValues ?? []) {
          this.#sample(name, point, value, 0, ['quantile', formatGoFloat(quantile)]);
        }
      }
    }
  }

  #numbers(name: string, isCounter: boolean, points: readonly NumberPoint[] = []): void {
    for (const point of points) {
      const value = Number(point.asDouble ?? point.asInt ?? 0);
      this.#sample(name, point, value, isCounter ? startOf(point) : 0);
    }
  }

  #counter(name: string, point: Point, value: number, extra?: readonly [string, string]): void {
    this.#sample(name, point, value, startOf(point), extra);
  }

  /** Deltas would need the sum of all that came before: they are left out and counted. */
  #isCumulative({ aggregationTemporality: temporality }: Temporal, points: readonly Point[] = []): boolean {
    if (temporality === 2 || temporality === 'AGGREGATION_TEMPORALITY_CUMULATIVE') return true;
    this.#leftOut += points.length;
    return false;
  }

  #sample(
    name: string,
    point: Point,
    value: number,
    startMs: number,
    extra?: readonly [string, string],
  ): void {
    const labels = this.#labels(name, point, extra);
    if (isEmpty(point)) this.#sink.stale(labels, this.#time(point));
    else this.#sink.sample(labels, this.#time(point), value, startMs);
  }

  #labels(name: string, point: Point, extra?: readonly [string, string]): Labels {
    const builder = new LabelsBuilder();
    for (const [attribute, value] of attributesOf(point.attributes)) {
      const label = labelName(attribute);
      const before = builder.get(label);
      builder.set(label, before === '' ? value : `${before};${value}`);
    }
    for (const [label, value] of this.#base.build()) builder.set(label, value);
    if (extra !== undefined) builder.set(...extra);
    return builder.set(METRIC_NAME, name).build();
  }

  #time({ timeUnixNano = 0 }: Point): number {
    const timeMs = Number(BigInt(timeUnixNano) / 1_000_000n) || this.#options.nowMs;
    if (timeMs > this.#newestMs) this.#newestMs = timeMs;
    return timeMs;
  }

  /** What else is known about the resource, for queries to join. */
  #targetInfo(): void {
    const rest = [...this.#attributes].filter(([name]) => !IDENTIFYING.has(name));
    const base = this.#base.build();
    if (rest.length === 0 || this.#newestMs === 0 || (!base.has('job') && !base.has('instance'))) return;
    const builder = new LabelsBuilder();
    for (const [name, value] of rest) builder.set(labelName(name), value);
    for (const label of ['job', 'instance']) builder.set(label, base.get(label));
    this.#sink.metadata('target_info', 'gauge', 'Target metadata', '');
    this.#sink.sample(builder.set(METRIC_NAME, 'target_info').build(), this.#newestMs, 1, 0);
  }
}

function startOf({ startTimeUnixNano = 0 }: Point): number {
  return Number(BigInt(startTimeUnixNano) / 1_000_000n);
}

function isEmpty({ flags = 0 }: Point): boolean {
  return (flags & NO_RECORDED_VALUE) !== 0;
}

function attributesOf(list: readonly KeyValue[] = []): Map<string, string> {
  const sorted = list
    .map(({ key = '', value }) => [key, textOf(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return new Map(sorted);
}

function textOf(value: AnyValue = {}): string {
  if (value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== undefined) return String(value.boolValue);
  if (value.intValue !== undefined) return String(value.intValue);
  if (value.doubleValue !== undefined) return formatGoFloat(value.doubleValue, 'g');
  if (value.bytesValue !== undefined) return value.bytesValue;
  return JSON.stringify(plain(value) ?? '');
}

/** Lists and maps as JSON. */
function plain(value: AnyValue): unknown {
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  if (value.kvlistValue !== undefined) {
    return Object.fromEntries(
      (value.kvlistValue.values ?? []).map(({ key = '', value: inner = {} }) => [key, plain(inner)]),
    );
  }
  return (
    value.stringValue ??
    value.boolValue ??
    value.doubleValue ??
    (value.intValue === undefined ? undefined : Number(value.intValue))
  );
}
