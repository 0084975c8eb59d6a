import { compareUtf8 } from '@binnacle/model';
import { PairNumbers } from './pairNumbers.ts';

/** What sorting needs to know of series. */
export interface LabelSource {
  /** One more than the largest id of a pair. */
  readonly pairLimit: number;
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
  const { length } = series;
  if (length < 2) return new Uint32Array(length);
  let width = 0;
  for (let i = 0; i < length; i++) width = Math.max(width, source.labelCount(series[i]!));
  const ranks = rankPairs(source, series, width);
  let product = length;
  const radices: number[] = [];
  for (let column = 0; column < width; column++) {
    const radix = 1 + closeGaps(ranks, width, column);
    radices.push(radix);
    product *= radix;
  }
  return product < 2 ** 53 ? sortByKey(ranks, radices, length) : sortByRanks(ranks, width, length);
}

/** Row by row the pairs of each series as ranks from 1 in the order of their texts; 0 where a series has no more. */
function rankPairs(source: LabelSource, series: Uint32Array, width: number): Uint32Array {
  const ranks = new Uint32Array(series.length * width);
  const numbers = new PairNumbers(ranks.length, source.pairLimit);
  for (let i = 0; i < series.length; i++) {
    const id = series[i]!;
    const count = source.labelCount(id);
    for (let column = 0; column < count; column++) {
      ranks[i * width + column] = numbers.numberOf(source.pairAt(id, column));
    }
  }
  const texts = numbers.pairs.map((pair, i) => ({
    number: i + 1,
    name: source.nameText(pair),
    value: source.valueText(pair),
  }));
  texts.sort((a, b) => (a.name === b.name ? compareUtf8(a.value, b.value) : compareUtf8(a.name, b.name)));
  const rankOf = new Uint32Array(texts.length + 1);
  for (let i = 0; i < texts.length; i++) rankOf[texts[i]!.number] = i + 1;
  for (let at = 0; at < ranks.length; at++) ranks[at] = rankOf[ranks[at]!]!;
  return ranks;
}

/** Makes the ranks of one column 1, 2, 3 .. and returns the largest. */
function closeGaps(ranks: Uint32Array, width: number, column: number): number {
  let largest = 0;
  for (let at = column; at < ranks.length; at += width) largest = Math.max(largest, ranks[at]!);
  const closed = new Uint32Array(largest + 1);
  for (let at = column; at < ranks.length; at += width) closed[ranks[at]!] = 1;
  let count = 0;
  for (let rank = 1; rank <= largest; rank++) if (closed[rank] !== 0) closed[rank] = ++count;
  closed[0] = 0;
  for (let at = column; at < ranks.length; at += width) ranks[at] = closed[ranks[at]!]!;
  return count;
}

function sortByKey(ranks: Uint32Array, radices: readonly number[], length: number): Uint32Array {
  const width = radices.length;
  const keys = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    let key = 0;
    for (let column = 0; column < width; column++) key = key * radices[column]! + ranks[i * width + column]!;
    keys[i] = key * length + i;
  }
  keys.sort();
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = keys[i]! % length;
  return order;
}

function sortByRanks(ranks: Uint32Array, width: number, length: number): Uint32Array {
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[i] = i;
  return order.sort((a, b) => {
    for (let column = 0; column < width; column++) {
      const difference = ranks[a * width + column]! - ranks[b * width + column]!;
      if (difference !== 0) return difference;
    }
    return 0;
  });
}
