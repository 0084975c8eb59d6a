import { parseGoFloat, type FloatHistogram, type Labels } from '@binnacle/model';
import { quote } from '../text/goText.ts';
import type { Grid } from '../engine/grid.ts';
import { withoutName } from '../engine/names.ts';
import { forMetricName, type QueryContext } from '../engine/queryContext.ts';
import { ABSENT, FLOAT, HISTOGRAM, Row } from '../engine/row.ts';
import { materialize, rowBytes, SeriesList, type Series, type VectorSource } from '../engine/vectorSource.ts';
import type { ClassicBucket } from '../histogram/classicQuantile.ts';
import type { Span } from '../parser/span.ts';

/** The buckets of one classic histogram, or the native histograms with the same labels. */
export interface Family {
  readonly labels: Labels;
  readonly dropsName: boolean;
  readonly buckets: { readonly le: number; readonly row: Row }[];
  readonly natives: { readonly labels: Labels; readonly row: Row }[];
}

/** What to compute from a histogram at a step. */
export interface Computation {
  native(h: FloatHistogram, step: number, labels: Labels): number;
  classic(buckets: ClassicBucket[], step: number, labels: Labels): number;
}

/** Sorts a vector's series into histograms: buckets by all labels but `le`, native ones by all labels. */
export function findFamilies(
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

/** Computes a value from every histogram at every step. */
export function compute(
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
