import {
  customBucketHistogram,
  METRIC_NAME,
  parseGoFloat,
  type FloatHistogram,
  type Labels,
} from '@binnacle/model';
import type { LoadCommand } from './script.ts';

/** What is known of a classic histogram at one time. */
interface ClassicSample {
  readonly buckets: Map<number, number>;
  sum: number;
  count: number | undefined;
}

/** Native histograms with custom buckets for the classic ones of a load, with their position in the sequence. */
export function customBucketSeries(
  load: LoadCommand,
): { readonly labels: Labels; readonly at: number; readonly histogram: FloatHistogram }[] {
  const families = new Map<string, { readonly labels: Labels; readonly samples: ClassicSample[] }>();
  for (const { labels, values } of load.series) {
    const match = /^(.*)_(bucket|sum|count)$/.exec(labels.get(METRIC_NAME));
    const isBucket = match?.[2] === 'bucket';
    const bound = isBucket ? parseGoFloat(labels.get('le')) : undefined;
    if (match === null || (isBucket && bound === undefined)) continue;
    const base = labels.without('le').with(METRIC_NAME, match[1]!);
    const family = families.get(base.key) ?? { labels: base, samples: [] };
    families.set(base.key, family);
    values.forEach((value, at) => {
      if (typeof value !== 'number') return;
      const sample = (family.samples[at] ??= { buckets: new Map(), sum: 0, count: undefined });
      if (isBucket) sample.buckets.set(bound!, value);
      else if (match[2] === 'sum') sample.sum = value;
      else sample.count = value;
    });
  }
  const out: { labels: Labels; at: number; histogram: FloatHistogram }[] = [];
  for (const { labels, samples } of families.values()) {
    samples.forEach((sample, at) => {
      const histogram = toCustomBuckets(sample);
      if (histogram !== undefined) out.push({ labels, at, histogram });
    });
  }
  return out;
}

function toCustomBuckets(sample: ClassicSample): FloatHistogram | undefined {
  if (sample.buckets.size === 0) return undefined;
  const bounds = [...sample.buckets.keys()].filter(Number.isFinite).sort((a, b) => a - b);
  const count = sample.count ?? sample.buckets.get(Infinity) ?? sample.buckets.get(bounds.at(-1)!)!;
  const counts = new Float64Array(bounds.length + 1);
  let before = 0;
  bounds.forEach((bound, i) => {
    const upTo = sample.buckets.get(bound)!;
    counts[i] = upTo - before;
    before = upTo;
  });
  counts[bounds.length] = count - before;
  return customBucketHistogram({
    bounds: Float64Array.from(bounds),
    buckets: counts,
    count,
    sum: sample.sum,
  });
}
