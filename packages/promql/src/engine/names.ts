import { Labels } from '@binnacle/model';
import type { Grid } from './grid.ts';
import type { QueryContext } from './queryContext.ts';
import { duplicateLabelset } from './queryError.ts';
import { ABSENT, Row } from './row.ts';
import {
  labelColumn,
  mapSource,
  materialize,
  SeriesList,
  type Series,
  type VectorSource,
} from './vectorSource.ts';

/** The labels that go with a metric's name. */
export const NAME_LABELS: readonly string[] = ['__name__', '__type__', '__unit__'];

/** Labels without the metric's name, type and unit. */
export function withoutName(labels: Labels): Labels {
  const { names, values } = labels;
  const keptNames: string[] = [];
  const keptValues: string[] = [];
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    if (name === '__name__' || name === '__type__' || name === '__unit__') continue;
    keptNames.push(name);
    keptValues.push(values[i]!);
  }
  return keptNames.length === names.length ? labels : new Labels(keptNames, keptValues);
}

/** True when all series have one name and no type or unit, so that they still differ without it. */
function shareName(source: VectorSource): boolean {
  return NAME_LABELS.every((label) => {
    const valueOf = labelColumn(source, label);
    const first = source.length > 0 && label === '__name__' ? valueOf(0) : '';
    for (let i = 0; i < source.length; i++) if (valueOf(i) !== first) return false;
    return true;
  });
}

/**
 * The source after an operation that makes the metric name meaningless: the name goes at once, or is marked to go at
 * the end with delayed name removal. Series that fall together are merged if they never have a value at the same
 * step; `strict` refuses them outright, as functions of range vectors do.
 */
export function dropNames(
  source: VectorSource,
  grid: Grid,
  context: QueryContext,
  strict = false,
): VectorSource {
  if (context.options.features.delayedNameRemoval) return mapSource(source, { dropsName: () => true });
  if (shareName(source)) {
    return mapSource(source, {
      labels: (index) => withoutName(source.labels(index)),
      labelColumn: (name) => (NAME_LABELS.includes(name) ? () => '' : labelColumn(source, name)),
    });
  }
  const labels: Labels[] = [];
  for (let i = 0; i < source.length; i++) labels.push(withoutName(source.labels(i)));
  const renamed = mapSource(source, { labels: (index) => labels[index]! });
  if (!hasDuplicates(labels)) return renamed;
  return mergeEqual(materialize(renamed, grid.count, context), grid, strict);
}

/** Removes the names that were marked to go. */
export function removeMarkedNames(source: VectorSource, grid: Grid, context: QueryContext): VectorSource {
  let marked = false;
  for (let i = 0; i < source.length && !marked; i++) marked = source.dropsName(i);
  if (!marked) return source;
  const labels: Labels[] = [];
  for (let i = 0; i < source.length; i++) {
    labels.push(source.dropsName(i) ? withoutName(source.labels(i)) : source.labels(i));
  }
  const renamed = mapSource(source, { labels: (index) => labels[index]!, dropsName: () => false });
  if (!hasDuplicates(labels)) return renamed;
  return mergeEqual(materialize(renamed, grid.count, context), grid, false);
}

/** Joins series with equal labels that have values at different steps; throws where they have them at the same. */
export function mergeEqual(list: SeriesList, grid: Grid, strict: boolean): SeriesList {
  const byKey = new Map<string, Series>();
  for (const series of list.series) {
    const { key } = series.labels;
    const first = byKey.get(key);
    if (first === undefined) {
      byKey.set(key, series);
      continue;
    }
    if (strict) throw duplicateLabelset();
    const merged = new Row(grid.count);
    merged.copyFrom(first.row);
    for (let step = 0; step < grid.count; step++) {
      if (series.row.kinds[step] === ABSENT) continue;
      if (merged.kinds[step] !== ABSENT) throw duplicateLabelset();
      merged.copyStep(step, series.row);
    }
    const dropsName = first.dropsName || series.dropsName;
    byKey.set(key, { labels: first.labels, dropsName, row: merged });
  }
  return new SeriesList([...byKey.values()]);
}

export function hasDuplicates(labels: readonly Labels[]): boolean {
  const keys = new Set<string>();
  for (const set of labels) keys.add(set.key);
  return keys.size < labels.length;
}
