import { formatGoFloat, METRIC_NAME, parseGoFloat, type Labels } from '@binnacle/model';

/**
 * Writes a histogram's `le` and a summary's `quantile` as OpenMetrics does (`1.0`, not `1`), so that targets of
 * different formats have the same series; Prometheus does so since 3.0. `typeOf` gives the type of a family.
 */
export function normaliseBounds(labels: Labels, typeOf: (family: string) => string | undefined): Labels {
  const bound = labels.get('le');
  if (bound !== '') {
    const name = labels.get(METRIC_NAME);
    const type = typeOf(name.replace(/_bucket$/, ''));
    return type === 'histogram' || type === 'gaugehistogram' ? labels.with('le', canonical(bound)) : labels;
  }
  const quantile = labels.get('quantile');
  if (quantile === '' || typeOf(labels.get(METRIC_NAME)) !== 'summary') return labels;
  return labels.with('quantile', canonical(quantile));
}

/** A float as OpenMetrics writes it: with a point or an exponent, always. */
export function formatBound(value: number): string {
  const text = formatGoFloat(value, 'g');
  return Number.isFinite(value) && !/[.e]/.test(text) ? `${text}.0` : text;
}

function canonical(text: string): string {
  const value = parseGoFloat(text);
  return value === undefined ? text : formatBound(value);
}
