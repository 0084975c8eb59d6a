import type { Labels } from '../api/metricTypes.ts';

/** A series as PromQL writes it: `http_requests_total{code="5xx", route="/"}`; `{}` when it has no labels. */
export function seriesName(labels: Labels): string {
  const { __name__: name = '', ...rest } = labels;
  const pairs = Object.entries(rest).map(([label, value]) => `${label}=${quote(value)}`);
  return pairs.length === 0 && name !== '' ? name : `${name}{${pairs.join(', ')}}`;
}

/** Label names of several series, sorted; the metric's name first. */
export function labelNames(series: readonly { readonly metric: Labels }[]): string[] {
  const names = new Set(series.flatMap(({ metric }) => Object.keys(metric)));
  return [...names].sort((a, b) =>
    a === '__name__' ? -1 : b === '__name__' ? 1 : a < b ? -1 : a > b ? 1 : 0,
  );
}

/** A PromQL string literal. */
export function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
