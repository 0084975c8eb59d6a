import { compareUtf8, Labels } from '@binnacle/model';
import type { Grid } from '../engine/grid.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { FLOAT } from '../engine/row.ts';
import { materialize, SeriesList, type Series, type VectorSource } from '../engine/vectorSource.ts';
import type { Span } from '../parser/span.ts';

/** sort and sort_desc: by value, NaNs last; histograms are left out. */
export function sortByValue(
  source: VectorSource,
  descending: boolean,
  grid: Grid,
  context: QueryContext,
  span: Span,
): VectorSource {
  const list = materialize(source, grid.count, context);
  if (isRange(grid, context, span)) return list;
  const floats = list.series.filter((series) => series.row.kinds[0] === FLOAT);
  const sign = descending ? -1 : 1;
  return new SeriesList(floats.sort((a, b) => compareValues(a.row.values[0]!, b.row.values[0]!, sign)));
}

/** sort_by_label and sort_by_label_desc: by labels in natural order (`2` before `10`), then by all labels. */
export function sortByLabels(
  source: VectorSource,
  names: readonly string[],
  descending: boolean,
  grid: Grid,
  context: QueryContext,
  span: Span,
): VectorSource {
  const list = materialize(source, grid.count, context);
  if (isRange(grid, context, span)) return list;
  const sign = descending ? -1 : 1;
  return new SeriesList([...list.series].sort((a, b) => sign * compareSeries(a, b, names)));
}

/** Results over a range are always ordered by labels; sorting them says so and does nothing. */
function isRange(grid: Grid, context: QueryContext, span: Span): boolean {
  if (grid.count === 1 && !context.isRange) return false;
  context.warn('sort is ineffective for range queries since results are always ordered by labels', span);
  return true;
}

function compareValues(a: number, b: number, sign: 1 | -1): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a === b ? 0 : a < b ? -sign : sign;
}

function compareSeries(a: Series, b: Series, names: readonly string[]): number {
  for (const name of names) {
    const x = a.labels.get(name);
    const y = b.labels.get(name);
    if (x !== y) return comesFirst(x, y) ? -1 : 1;
  }
  return Labels.compare(a.labels, b.labels);
}

/** Runs of digits compare as numbers, everything else by bytes. */
function comesFirst(a: string, b: string): boolean {
  const left = a.match(/\d+|\D+/g) ?? [''];
  const right = b.match(/\d+|\D+/g) ?? [''];
  for (let i = 0; i < left.length; i++) {
    const x = left[i]!;
    const y = right[i];
    if (y === undefined) return false;
    if (/^\d/.test(x) && /^\d/.test(y) && Number(x) !== Number(y)) return Number(x) < Number(y);
    if (!/^\d/.test(x) || !/^\d/.test(y)) {
      if (x !== y) return compareUtf8(x, y) < 0;
    }
    if (i === left.length - 1) return true;
  }
  return false;
}
