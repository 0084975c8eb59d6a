import type { FloatHistogram } from '@binnacle/model';
import { formatG } from '../text/goText.ts';
import { allBuckets } from './buckets.ts';

/** A histogram as Prometheus prints it: `{count:4, sum:5, (0.5,1]:1}`; empty buckets are left out. */
export function histogramText(h: FloatHistogram): string {
  let text = `{count:${formatG(h.count)}, sum:${formatG(h.sum)}`;
  for (const { lower, upper, count, lowerInclusive, upperInclusive } of allBuckets(h)) {
    if (count === 0) continue;
    const bounds = `${formatG(lower)},${formatG(upper)}`;
    text += `, ${lowerInclusive ? '[' : '('}${bounds}${upperInclusive ? ']' : ')'}:${formatG(count)}`;
  }
  return `${text}}`;
}
