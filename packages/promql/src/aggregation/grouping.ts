import { METRIC_NAME, type Labels } from '@binnacle/model';
import { NAME_LABELS } from '../engine/names.ts';
import type { VectorSource } from '../engine/vectorSource.ts';

/** The groups that the series of a vector fall into. */
export interface Grouping {
  /** The group of every series. */
  readonly groupOf: Int32Array;
  readonly labels: readonly Labels[];
  /** True when the name of some member is to be dropped. */
  readonly dropsName: readonly boolean[];
}

/** Groups series by the values of some labels (`by`), or of all but some (`without`, the name always left out). */
export function groupSeries(source: VectorSource, names: readonly string[], without: boolean): Grouping {
  const groupOf = new Int32Array(source.length);
  const labels: Labels[] = [];
  const dropsName: boolean[] = [];
  const byKey = new Map<string, number>();
  const wanted = [...new Set(names)];
  const isNamed = without || wanted.some((name) => NAME_LABELS.includes(name));
  const labelsOf = (!isNamed && source.namedLabels) || ((index: number) => source.labels(index));
  for (let i = 0; i < source.length; i++) {
    const series = labelsOf(i);
    const rest = without ? series.without(METRIC_NAME, ...wanted) : undefined;
    const key = rest === undefined ? valuesKey(series, wanted) : rest.key;
    let group = byKey.get(key);
    if (group === undefined) {
      group = labels.length;
      byKey.set(key, group);
      labels.push(rest ?? series.only(...wanted));
      dropsName.push(false);
    }
    groupOf[i] = group;
    if (source.dropsName(i)) dropsName[group] = true;
  }
  return { groupOf, labels, dropsName };
}

function valuesKey(labels: Labels, names: readonly string[]): string {
  if (names.length === 1) return labels.get(names[0]!);
  let key = '';
  for (const name of names) key += `${labels.get(name)}\u0001`;
  return key;
}
