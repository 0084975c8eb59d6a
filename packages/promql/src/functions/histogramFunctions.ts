import { parseGoFloat, type FloatHistogram, type Labels } from '@binnacle/model';
import { formatG, quote } from '../text/goText.ts';
import { timeAt, type Grid } from '../engine/grid.ts';
import { dropNames, withoutName } from '../engine/names.ts';
import { forMetricName, type QueryContext } from '../engine/queryContext.ts';
import { ABSENT, FLOAT, HISTOGRAM, Row } from '../engine/row.ts';
import {
  mapSource,
  materialize,
  rowBytes,
  SeriesList,
  type Series,
  type VectorSource,
} from '../engine/vectorSource.ts';
import { classicFraction, classicQuantile, type ClassicBucket } from '../histogram/classicQuantile.ts';
import { nativeFraction, nativeQuantile, nativeVariance } from '../histogram/nativeQuantile.ts';
import type { Span } from '../parser/span.ts';

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

/** The buckets of one classic histogram, or the native histograms with the same labels. */
interface Family {
  readonly labels: Labels;
  readonly dropsName: boolean;
  readonly buckets: { readonly le: number; readonly row: Row }[];
  readonly natives: { readonly labels: Labels; readonly row: Row }[];
}

/** What to compute from a histogram at a step. */
interface Computation {
  native(h: FloatHistogram, step: number, labels: Labels): number;
  classic(buckets: ClassicBucket[], step: number, labels: Labels): number;
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

/** Sorts a vector's series into histograms: buckets by all labels but `le`, native ones by all labels. */
function findFamilies(
  source: VectorSource,
  span: Span,
  grid: Grid,
  context: QueryContext,
): readonly Family[] {
  const families = new Map<string, Family>();
  for (const { labels, dropsName, row } of materialize(source, grid.count, context).series) {
    const classicLabels = familyLabels(labels, context);
    const { key } = classicLabels;
    const familyOf = (): Family => {
      let family = families.get(key);
      if (family === undefined) {
        family = { labels: classicLabels, dropsName, buckets: [], natives: [] };
        families.set(key, family);
      }
      return family;
    };
    if (row.hasHistograms) familyOf().natives.push({ labels, row });
    if (!row.kinds.includes(FLOAT)) continue;
    const le = labels.get('le');
    const bound = parseGoFloat(le);
    if (bound === undefined) {
      const name = forMetricName(labels);
      context.warn(`bucket label "le" is missing or has a malformed value of ${quote(le)}${name}`, span);
    } else familyOf().buckets.push({ le: bound, row });
  }
  warnConflicts([...families.values()], span, grid, context);
  return [...families.values()];
}

function familyLabels(labels: Labels, context: QueryContext): Labels {
  const rest = labels.without('le');
  return context.options.features.delayedNameRemoval ? rest : withoutName(rest);
}

/** Where a histogram comes both as buckets and native, neither gives a result. */
function warnConflicts(families: readonly Family[], span: Span, grid: Grid, context: QueryContext): void {
  for (const { buckets, natives } of families) {
    if (buckets.length === 0 || natives.length === 0) continue;
    for (let step = 0; step < grid.count; step++) {
      if (!buckets.some(({ row }) => row.kinds[step] === FLOAT)) continue;
      for (const { labels, row } of natives) {
        if (row.kinds[step] !== HISTOGRAM) continue;
        row.kinds[step] = ABSENT;
        for (const bucket of buckets) bucket.row.kinds[step] = ABSENT;
        const text = 'vector contains a mix of classic and native histograms';
        context.warn(`${text}${forMetricName(labels)}`, span);
      }
    }
  }
}

function compute(
  families: readonly Family[],
  computation: Computation,
  grid: Grid,
  context: QueryContext,
): SeriesList {
  const series: Series[] = [];
  const emit = (labels: Labels, dropsName: boolean, row: Row): void => {
    if (row.isEmpty) return;
    context.hold(grid.count, rowBytes(grid.count));
    series.push({ labels, dropsName, row });
  };
  for (const { labels, dropsName, buckets, natives } of families) {
    for (const native of natives) {
      const row = new Row(grid.count);
      for (let step = 0; step < grid.count; step++) {
        if (native.row.kinds[step] !== HISTOGRAM) continue;
        row.setFloat(step, computation.native(native.row.histograms[step]!, step, native.labels));
      }
      emit(native.labels, dropsName, row);
    }
    if (buckets.length === 0) continue;
    const row = new Row(grid.count);
    for (let step = 0; step < grid.count; step++) {
      const present: ClassicBucket[] = [];
      for (const bucket of buckets) {
        if (bucket.row.kinds[step] !== FLOAT) continue;
        present.push({ le: bucket.le, count: bucket.row.values[step]! });
      }
      if (present.length > 0) row.setFloat(step, computation.classic(present, step, labels));
    }
    emit(labels, dropsName, row);
  }
  return new SeriesList(series);
}
