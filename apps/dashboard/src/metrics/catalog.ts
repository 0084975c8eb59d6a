import type { MetricMetadata } from '../api/metricTypes.ts';

/** A metric as the catalog lists it: a family, whose histogram or summary is one entry. */
export interface CatalogEntry {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly unit: string;
  /** Names of its series: `x_bucket`, `x_sum` and `x_count` for the histogram `x`. */
  readonly seriesNames: readonly string[];
}

const SUFFIXES: Record<string, readonly string[]> = {
  histogram: ['', '_bucket', '_sum', '_count'],
  gaugehistogram: ['', '_bucket', '_gsum', '_gcount'],
  summary: ['', '_sum', '_count'],
  counter: ['', '_total'],
  info: ['', '_info'],
};

/** Joins the names that have series with what targets say about their families, sorted by name. */
export function catalogOf(
  names: readonly string[],
  metadata: Readonly<Record<string, readonly MetricMetadata[]>>,
): CatalogEntry[] {
  const left = new Set(names);
  const entries: CatalogEntry[] = [];
  for (const [family, [first]] of Object.entries(metadata)) {
    if (first === undefined) continue;
    const suffixes = SUFFIXES[first.type] ?? [''];
    const seriesNames = suffixes.map((suffix) => family + suffix).filter((name) => left.has(name));
    if (seriesNames.length === 0) continue;
    for (const name of seriesNames) left.delete(name);
    // An OpenMetrics counter has its family without _total; people know it by the name of its series.
    const name = seriesNames.length === 1 ? seriesNames[0]! : family;
    entries.push({ name, ...first, seriesNames });
  }
  for (const name of left) {
    entries.push({ name, type: guessType(name), help: '', unit: '', seriesNames: [name] });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A first query for a metric: the rate of a counter, a quantile of a histogram, anything else as it is. */
export function automaticQuery({ name, type, seriesNames }: CatalogEntry): string {
  if (type === 'counter') return `rate(${name}[5m])`;
  if (type !== 'histogram' && type !== 'gaugehistogram')
    return seriesNames.includes(name) ? name : seriesNames[0]!;
  const buckets = seriesNames.find((one) => one.endsWith('_bucket'));
  if (buckets === undefined) return `histogram_quantile(0.95, sum(rate(${name}[5m])))`;
  return `histogram_quantile(0.95, sum by (le) (rate(${buckets}[5m])))`;
}

/** Selects every series of a metric. */
export function selectorOf({ seriesNames }: CatalogEntry): string {
  return seriesNames.length === 1
    ? `{__name__="${seriesNames[0]!}"}`
    : `{__name__=~"${seriesNames.join('|')}"}`;
}

/** True when every word of the text is in the name, the type or the help. */
export function matchesWords({ name, type, help }: CatalogEntry, text: string): boolean {
  const haystack = `${name} ${type} ${help}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}

function guessType(name: string): string {
  if (name.endsWith('_total')) return 'counter';
  return name.endsWith('_bucket') ? 'histogram' : 'unknown';
}
