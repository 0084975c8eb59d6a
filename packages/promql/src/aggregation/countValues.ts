import { formatGoFloat, type Labels } from '@binnacle/model';
import { ABSENT, FLOAT, Row } from '../engine/row.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { rowBytes, SeriesList, type Series, type VectorSource } from '../engine/vectorSource.ts';
import { histogramText } from '../histogram/text.ts';
import type { Grouping } from './grouping.ts';

/** count_values: how many series of a group have each value, with the value as a label. */
export function countValues(
  source: VectorSource,
  grouping: Grouping,
  label: string,
  steps: number,
  context: QueryContext,
): SeriesList {
  const counted = new Map<string, Series>();
  const row = new Row(steps);
  for (let i = 0; i < source.length; i++) {
    source.read(i, row);
    const group = grouping.groupOf[i]!;
    for (let step = 0; step < steps; step++) {
      const kind = row.kinds[step];
      if (kind === ABSENT) continue;
      const text = kind === FLOAT ? formatGoFloat(row.values[step]!) : histogramText(row.histograms[step]!);
      const labels: Labels = grouping.labels[group]!;
      const key = `${group} ${text}`;
      let series = counted.get(key);
      if (series === undefined) {
        context.hold(steps, rowBytes(steps));
        series = {
          labels: labels.with(label, text),
          dropsName: label !== '__name__' && grouping.dropsName[group]!,
          row: new Row(steps),
        };
        counted.set(key, series);
      }
      const before = series.row.kinds[step] === ABSENT ? 0 : series.row.values[step]!;
      series.row.setFloat(step, before + 1);
    }
  }
  return mergeCounts([...counted.values()], steps);
}

/** The value's label may hide one that told groups apart; their counts add up. */
function mergeCounts(all: readonly Series[], steps: number): SeriesList {
  const byKey = new Map<string, Series>();
  for (const series of all) {
    const first = byKey.get(series.labels.key);
    if (first === undefined) {
      byKey.set(series.labels.key, series);
      continue;
    }
    for (let step = 0; step < steps; step++) {
      if (series.row.kinds[step] === ABSENT) continue;
      const before = first.row.kinds[step] === ABSENT ? 0 : first.row.values[step]!;
      first.row.setFloat(step, before + series.row.values[step]!);
    }
  }
  return new SeriesList([...byKey.values()]);
}
