import type { FloatHistogram } from '@binnacle/model';
import { formatG } from '../text/goText.ts';
import { timeAt, type Grid } from '../engine/grid.ts';
import { dropNames } from '../engine/names.ts';
import { forMetricName, type QueryContext } from '../engine/queryContext.ts';
import { ABSENT, HISTOGRAM, Row } from '../engine/row.ts';
import { mapSource, SeriesList, type Series, type VectorSource } from '../engine/vectorSource.ts';
import { classicFraction, classicQuantile } from '../histogram/classicQuantile.ts';
import { nativeFraction, nativeQuantile, nativeVariance } from '../histogram/nativeQuantile.ts';
import type { Span } from '../parser/span.ts';
import { compute, findFamilies, type Computation } from './histogramFamilies.ts';

/** Functions of native histograms by name. Floats are left out of their results. */
export const HISTOGRAM_FUNCTIONS: ReadonlyMap<string, (h: FloatHistogram) => number> = new Map([
  ['histogram_count', (h: FloatHistogram) => h.count],
  ['histogram_sum', (h: FloatHistogram) => h.sum],
  ['histogram_avg', (h: FloatHistogram) => h.sum / h.count],
  ['histogram_stdvar', nativeVariance],
  ['histogram_stddev', (h: FloatHistogram) => Math.sqrt(nativeVariance(h))],
]);

/** Applies a function of native histograms. */
export function ofHistograms(
  source: VectorSource,
  value: (h: FloatHistogram) => number,
  grid: Grid,
  context: QueryContext,
): VectorSource {
  const result = mapSource(source, {
    row(row) {
      for (let step = 0; step < row.steps; step++) {
        if (row.kinds[step] === HISTOGRAM) row.setFloat(step, value(row.histograms[step]!));
        else row.kinds[step] = ABSENT;
      }
      row.hasHistograms = false;
    },
  });
  return dropNames(result, grid, context);
}

/** histogram_quantile of classic and native histograms. */
export function histogramQuantile(
  source: VectorSource,
  q: Float64Array,
  qSpan: Span,
  vectorSpan: Span,
  grid: Grid,
  context: QueryContext,
): VectorSource {
  warnQuantiles(q, qSpan, context);
  const families = findFamilies(source, vectorSpan, grid, context);
  const result = compute(families, quantileOf(q, vectorSpan, grid, context), grid, context);
  return dropNames(result, grid, context);
}

/** histogram_quantiles: several at once, told apart by a label. */
export function histogramQuantiles(
  source: VectorSource,
  label: string,
  quantiles: readonly { readonly q: Float64Array; readonly span: Span }[],
  vectorSpan: Span,
  grid: Grid,
  context: QueryContext,
): VectorSource {
  for (const { q, span } of quantiles) warnQuantiles(q, span, context);
  const families = findFamilies(source, vectorSpan, grid, context);
  const all: Series[] = [];
  for (const { q } of quantiles) {
    const result = compute(families, quantileOf(q, vectorSpan, grid, context), grid, context);
    for (const series of result.series) all.push(...byQuantile(series, label, q));
  }
  return dropNames(new SeriesList(all), grid, context);
}

/** One series for each value that the quantile has over the steps. */
function byQuantile(series: Series, label: string, q: Float64Array): Series[] {
  const rows = new Map<string, Row>();
  for (let step = 0; step < q.length; step++) {
    if (series.row.kinds[step] === ABSENT) continue;
    const text = openMetricsFloat(q[step]!);
    let row = rows.get(text);
    if (row === undefined) rows.set(text, (row = new Row(q.length)));
    row.copyStep(step, series.row);
  }
  return [...rows].map(([text, row]) => ({ ...series, labels: series.labels.with(label, text), row }));
}

/** A float as OpenMetrics writes it: always with a point or an exponent. */
function openMetricsFloat(value: number): string {
  const text = formatG(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** histogram_fraction of classic and native histograms. */
export function histogramFraction(
  source: VectorSource,
  lower: Float64Array,
  upper: Float64Array,
  vectorSpan: Span,
  grid: Grid,
  context: QueryContext,
): VectorSource {
  const families = findFamilies(source, vectorSpan, grid, context);
  const result = compute(
    families,
    {
      native(h, step, labels) {
        const { value, excludesNan } = nativeFraction(lower[step]!, upper[step]!, h);
        if (excludesNan) {
          const text =
            'input to histogram_fraction has NaN observations, which are excluded from all fractions';
          context.info(`${text}${forMetricName(labels)}`, vectorSpan);
        }
        return value;
      },
      classic: (buckets, step) => classicFraction(lower[step]!, upper[step]!, buckets),
    },
    grid,
    context,
  );
  return dropNames(result, grid, context);
}

function quantileOf(q: Float64Array, vectorSpan: Span, grid: Grid, context: QueryContext): Computation {
  return {
    native(h, step, labels) {
      const { value, nan } = nativeQuantile(q[step]!, h);
      if (nan !== 'none') {
        const effect = nan === 'skewed' ? 'result is skewed higher' : 'result is NaN';
        const text = `input to histogram_quantile has NaN observations, ${effect}${forMetricName(labels)}`;
        context.info(text, vectorSpan);
      }
      return value;
    },
    classic(buckets, step, labels) {
      const { value, forced } = classicQuantile(q[step]!, buckets);
      if (forced !== undefined) {
        const name = context.options.features.delayedNameRemoval ? forMetricName(labels) : '';
        const link = 'https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile';
        const text = `input to histogram_quantile needed to be fixed for monotonicity (see ${link})${name}`;
        context.annotations.addForcedMonotonicity(text, vectorSpan, timeAt(grid, step), forced);
      }
      return value;
    },
  };
}

function warnQuantiles(q: Float64Array, span: Span, context: QueryContext): void {
  for (const value of q) {
    if (value >= 0 && value <= 1) continue;
    context.warn(`quantile value should be between 0 and 1, got ${formatG(value)}`, span);
  }
}
