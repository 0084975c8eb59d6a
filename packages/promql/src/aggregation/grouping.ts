import { METRIC_NAME, type Labels } from '@binnacle/model';
import { labelColumn, type VectorSource } from '../engine/vectorSource.ts';

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
  const excluded = [METRIC_NAME, ...wanted];
  const keyOf = without
    ? (index: number) => source.labels(index).without(...excluded).key
    : keysBy(source, wanted);
  for (let i = 0; i < source.length; i++) {
    const key = keyOf(i);
    let group = byKey.get(key);
    if (group === undefined) {
      group = labels.length;
      byKey.set(key, group);
      const first = source.labels(i);
      labels.push(without ? first.without(...excluded) : first.only(...wanted));
      dropsName.push(false);
    }
    groupOf[i] = group;
    if (source.dropsName(i)) dropsName[group] = true;
  }
  return { groupOf, labels, dropsName };
}

function keysBy(source: VectorSource, names: readonly string[]): (index: number) => string {
  const columns = names.map((name) => labelColumn(source, name));
  if (columns.length === 1) return columns[0]!;
  return (index) => {
    let key = '';
    for (const valueOf of columns) key += `${valueOf(index)}\u0001`;
    return key;
  };
}
