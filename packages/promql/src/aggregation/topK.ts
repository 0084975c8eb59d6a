import type { Labels } from '@binnacle/model';
import { FLOAT, HISTOGRAM, Row } from '../engine/row.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { rowBytes, SeriesList, type Series, type VectorSource } from '../engine/vectorSource.ts';
import type { Grouping } from './grouping.ts';

/** The best values of one group at one step, worst first: a heap of values with the series they belong to. */
interface Heap {
  readonly values: number[];
  readonly series: number[];
}

/**
 * topk (`sign` 1) and bottomk (-1): at each step the series of each group with the greatest or least floats. NaNs
 * rank last. Only series that are among them somewhere are kept.
 */
export function selectTopK(
  source: VectorSource,
  grouping: Grouping,
  k: Float64Array,
  sign: 1 | -1,
  context: QueryContext,
  ignoredHistogram: () => void,
): SeriesList {
  const steps = k.length;
  const heaps: Heap[][] = grouping.labels.map(() => []);
  const kept = new Map<number, Row>();
  const row = new Row(steps);
  for (let i = 0; i < source.length; i++) {
    source.read(i, row);
    const groupHeaps = heaps[grouping.groupOf[i]!]!;
    for (let step = 0; step < steps; step++) {
      if (row.kinds[step] === HISTOGRAM) ignoredHistogram();
      if (row.kinds[step] !== FLOAT || k[step]! < 1) continue;
      const heap = (groupHeaps[step] ??= { values: [], series: [] });
      const value = row.values[step]!;
      const evicted = offer(heap, value, i, k[step]!, sign);
      if (evicted === i) continue;
      if (evicted !== undefined) kept.get(evicted)!.kinds[step] = 0;
      rowOf(kept, i, steps, context).setFloat(step, value);
    }
  }
  const order = steps === 1 ? ranked(heaps, sign) : [...kept.keys()];
  const series: Series[] = [];
  for (const i of order) {
    const keptRow = kept.get(i)!;
    if (!keptRow.isEmpty)
      series.push({ labels: labelsOf(source, i), dropsName: source.dropsName(i), row: keptRow });
  }
  return new SeriesList(series);
}

function labelsOf(source: VectorSource, index: number): Labels {
  return source.labels(index);
}

function rowOf(kept: Map<number, Row>, index: number, steps: number, context: QueryContext): Row {
  let row = kept.get(index);
  if (row === undefined) {
    row = new Row(steps);
    context.hold(steps, rowBytes(steps));
    kept.set(index, row);
  }
  return row;
}

/** Takes a value in if it is among the best `k`; gives the series that falls out, which may be the offered one. */
function offer(heap: Heap, value: number, series: number, k: number, sign: 1 | -1): number | undefined {
  const { values } = heap;
  if (values.length < k) {
    values.push(value);
    heap.series.push(series);
    siftUp(heap, sign);
    return undefined;
  }
  const worst = values[0]!;
  const better = sign * value > sign * worst || (Number.isNaN(worst) && !Number.isNaN(value));
  if (!better) return series;
  const evicted = heap.series[0]!;
  values[0] = value;
  heap.series[0] = series;
  siftDown(heap, sign);
  return evicted;
}

function isWorse(a: number, b: number, sign: 1 | -1): boolean {
  return Number.isNaN(a) ? !Number.isNaN(b) : sign * a < sign * b;
}

function siftUp(heap: Heap, sign: 1 | -1): void {
  let at = heap.values.length - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isWorse(heap.values[at]!, heap.values[parent]!, sign)) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function siftDown(heap: Heap, sign: 1 | -1): void {
  const { values } = heap;
  for (let at = 0; ;) {
    let worst = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < values.length && isWorse(values[child]!, values[worst]!, sign)) worst = child;
    }
    if (worst === at) return;
    swap(heap, at, worst);
    at = worst;
  }
}

function swap(heap: Heap, a: number, b: number): void {
  [heap.values[a], heap.values[b]] = [heap.values[b]!, heap.values[a]!];
  [heap.series[a], heap.series[b]] = [heap.series[b]!, heap.series[a]!];
}

/** Series of a one-step result, group by group, best first. */
function ranked(heaps: readonly (readonly Heap[])[], sign: 1 | -1): number[] {
  const order: number[] = [];
  for (const [heap] of heaps) {
    if (heap === undefined) continue;
    const places = heap.values.map((_, i) => i);
    places.sort((a, b) => {
      if (isWorse(heap.values[b]!, heap.values[a]!, sign)) return -1;
      return isWorse(heap.values[a]!, heap.values[b]!, sign) ? 1 : heap.series[a]! - heap.series[b]!;
    });
    for (const place of places) order.push(heap.series[place]!);
  }
  return order;
}
