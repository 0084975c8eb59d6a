import { compareUtf8 } from '@binnacle/model';

/** What sorting needs to know of series. */
export interface LabelSource {
  labelCount(series: number): number;
  pairAt(series: number, index: number): number;
  nameText(pair: number): string;
  valueText(pair: number): string;
}

/**
 * The places of series in the order of `Labels.compare` of their label sets. Each pair is compared as text once; the
 * series are then sorted by one number made of the ranks of their pairs where that fits in 53 bits.
 */
export function orderByLabels(source: LabelSource, series: Uint32Array): Uint32Array {
  if (series.length < 2) return new Uint32Array(series.length);
  let width = 0;
  for (const id of series) width = Math.max(width, source.labelCount(id));
  const ranks = new Uint32Array(series.length * width);
  let product = series.length;
  const radices: number[] = [];
  for (let column = 0; column < width; column++) {
    const rankOf = rankColumn(source, series, column);
    radices.push(rankOf.size + 1);
    product *= rankOf.size + 1;
    for (let i = 0; i < series.length; i++) {
      const id = series[i]!;
      ranks[i * width + column] = column < source.labelCount(id) ? rankOf.get(source.pairAt(id, column))! : 0;
    }
  }
  if (product < 2 ** 53) {
    const keys = new Float64Array(series.length);
    for (let i = 0; i < series.length; i++) {
      let key = 0;
      for (let column = 0; column < width; column++)
        key = key * radices[column]! + ranks[i * width + column]!;
      keys[i] = key * series.length + i;
    }
    keys.sort();
    return Uint32Array.from(keys, (key) => key % series.length);
  }
  return Uint32Array.from(series, (_, i) => i).sort((a, b) => {
    for (let column = 0; column < width; column++) {
      const difference = ranks[a * width + column]! - ranks[b * width + column]!;
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

/** Ranks from 1 of the pairs that stand at one position; no pair ranks before any. */
function rankColumn(source: LabelSource, series: Uint32Array, column: number): Map<number, number> {
  const seen = new Map<number, number>();
  for (const id of series) {
    if (column < source.labelCount(id)) seen.set(source.pairAt(id, column), 0);
  }
  const pairs = [...seen.keys()].map((pair) => ({
    pair,
    name: source.nameText(pair),
    value: source.valueText(pair),
  }));
  pairs.sort((a, b) => (a.name === b.name ? compareUtf8(a.value, b.value) : compareUtf8(a.name, b.name)));
  pairs.forEach(({ pair }, i) => seen.set(pair, i + 1));
  return seen;
}
