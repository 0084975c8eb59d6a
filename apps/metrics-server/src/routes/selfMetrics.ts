import { AnchoredRegex } from '@binnacle/model';
import type { ServiceContext } from '@binnacle/service-kit';

type Registry = ServiceContext<object, unknown>['registry'];
type Collected = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number];
interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number | undefined>>;
  readonly metricName?: string;
}

/**
 * This server's own metrics whose names match a pattern, as ProtoJSON of `io.prometheus.client.MetricFamily`
 * (https://protobuf.dev/programming-guides/json/). Throws RegexError.
 */
export async function selfMetrics(registry: Registry, pattern: string): Promise<object[]> {
  const regex = pattern === '' ? undefined : new AnchoredRegex(pattern);
  const all = await registry.getMetricsAsJSON();
  return all.filter(({ name }) => regex === undefined || regex.test(name)).map(familyOf);
}

function familyOf(collected: Collected): object {
  const { name, help } = collected;
  const type = String(collected.type).toUpperCase();
  const values = collected.values as readonly Value[];
  const metric =
    type === 'HISTOGRAM' || type === 'SUMMARY'
      ? [...Map.groupBy(values, keyOfPoint).values()].map((ofPoint) => distributionOf(name, type, ofPoint))
      : values.map(({ labels, value }) => ({
          label: labelsOf(labels),
          [type === 'COUNTER' ? 'counter' : 'gauge']: { value: number(value) },
        }));
  return { name, help, type, metric };
}

function distributionOf(name: string, type: string, values: readonly Value[]): object {
  const label = labelsOf(values[0]!.labels);
  const part = (suffix: string): number =>
    values.find(({ metricName }) => metricName === name + suffix)?.value ?? 0;
  const sums = { sampleCount: String(part('_count')), sampleSum: number(part('_sum')) };
  if (type === 'HISTOGRAM') {
    const bucket = values
      .filter(({ labels }) => labels['le'] !== undefined)
      .map(({ labels, value }) => ({
        cumulativeCount: String(value),
        upperBound: number(boundOf(labels['le'])),
      }));
    return { label, histogram: { ...sums, bucket } };
  }
  const quantile = values
    .filter(({ labels }) => labels['quantile'] !== undefined)
    .map(({ labels, value }) => ({ quantile: Number(labels['quantile']), value: number(value) }));
  return { label, summary: { ...sums, quantile } };
}

function boundOf(le: string | number | undefined): number {
  return le === '+Inf' ? Infinity : Number(le);
}

function keyOfPoint({ labels }: Value): string {
  return JSON.stringify(labelsOf(labels));
}

function labelsOf(labels: Value['labels']): { readonly name: string; readonly value: string }[] {
  return Object.entries(labels)
    .filter(([name, value]) => name !== 'le' && name !== 'quantile' && value !== undefined)
    .map(([name, value]) => ({ name, value: String(value) }));
}

/** ProtoJSON writes what JSON has no number for as a text. */
function number(value: number): number | string {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}
