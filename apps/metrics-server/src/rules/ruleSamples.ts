import { EMPTY_LABELS } from '@binnacle/model';
import { HISTOGRAM, type QueryValue } from '@binnacle/promql';
import { MetricsServerError } from '../errors.ts';
import type { RuleSample } from './rule.ts';

/**
 * What a rule makes of the result of its expression: a scalar is one element without labels. Throws METRICS_RULE_FAILED
 * for a string or a range vector.
 */
export function ruleSamples(value: QueryValue): RuleSample[] {
  if (value.type === 'scalar') return [{ labels: EMPTY_LABELS, value: value.value }];
  if (value.type !== 'vector') {
    throw new MetricsServerError('METRICS_RULE_FAILED', 'rule result is not a vector or scalar');
  }
  return value.series.map(({ labels, row }) =>
    row.kinds[0] === HISTOGRAM
      ? { labels, value: 0, histogram: row.histograms[0]! }
      : { labels, value: row.values[0]! },
  );
}
