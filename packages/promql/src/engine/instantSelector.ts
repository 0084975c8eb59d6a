import { isStaleAt, type Labels } from '@binnacle/model';
import { usesCustomBuckets } from '../histogram/bounds.ts';
import type { VectorSelector } from '../parser/ast.ts';
import { hasStale, wordsOf } from '../range/columns.ts';
import { interpolateFloats, interpolateHistograms } from '../range/interpolate.ts';
import { createSampleBuffer, type LabelColumn } from '../storage.ts';
import { lastTime, timeAt, type Grid } from './grid.ts';
import type { QueryContext } from './queryContext.ts';
import type { Row } from './row.ts';
import type { Selections, SharedSeries } from './selections.ts';
import { placementOf } from './selectors.ts';
import { labelColumn, type VectorSource } from './vectorSource.ts';

/** For every step the index of the newest sample that is not too old, or -1. */
function newestSamples(
  timestamps: Float64Array,
  length: number,
  grid: Grid,
  offsetMs: number,
  atMs: number | undefined,
  lookbackMs: number,
): Int32Array {
  const newest = new Int32Array(grid.count);
  let next = 0;
  for (let step = 0; step < grid.count; step++) {
    const time = (atMs ?? timeAt(grid, step)) - offsetMs;
    while (next < length && timestamps[next]! <= time) next++;
    newest[step] = next > 0 && timestamps[next - 1]! > time - lookbackMs ? next - 1 : -1;
  }
  return newest;
}

const MAX_CACHED = 1 << 22;

/** What an instant selector gives at each step. */
export type InstantMode = 'value' | 'timestamp' | 'startTimestamp';

/** An instant selector at every step of a grid. */
export class InstantSelectorSource implements VectorSource {
  readonly #series: SharedSeries;
  readonly #grid: Grid;
  readonly #context: QueryContext;
  readonly #node: VectorSelector;
  readonly #offsetMs: number;
  readonly #atMs: number | undefined;
  readonly #mode: InstantMode;
  readonly #buffer = createSampleBuffer();
  readonly #newest = new Map<Float64Array, { readonly length: number; readonly indexes: Int32Array }>();

  constructor(
    node: VectorSelector,
    grid: Grid,
    context: QueryContext,
    selections: Selections,
    mode: InstantMode = 'value',
  ) {
    this.#node = node;
    this.#grid = grid;
    this.#context = context;
    this.#mode = mode;
    const { offsetMs, atMs } = placementOf(node, context);
    this.#offsetMs = offsetMs;
    this.#atMs = atMs;
    const { lookbackMs } = context.options;
    const after = node.extension === 'smoothed' ? lookbackMs : 0;
    const span = {
      minMs: (atMs ?? grid.startMs) - offsetMs - lookbackMs + 1,
      maxMs: (atMs ?? lastTime(grid)) - offsetMs + after,
    };
    this.#series = selections.select(node.matchers, span, grid.count);
  }

  get length(): number {
    return this.#series.set.length;
  }

  labels(index: number): Labels {
    return this.#series.set.labels(index);
  }

  labelColumn(name: string): LabelColumn {
    return labelColumn(this.#series.set, name);
  }

  dropsName(): boolean {
    return false;
  }

  read(index: number, row: Row): void {
    this.#context.checkInterrupted();
    const buffer = this.#buffer;
    this.#series.read(index, buffer);
    this.#context.countRead(buffer.length);
    row.hasHistograms = false;
    if (this.#node.extension === 'smoothed') return this.#readSmoothed(index, row);
    const { timestamps, values, length } = buffer;
    const newest = this.#newestOf(timestamps, length);
    if (this.#mode !== 'value') return this.#readTimes(newest, row);
    const { values: out, kinds } = row;
    const words = hasStale(values, length) ? wordsOf(values) : undefined;
    const { histograms } = buffer;
    for (let step = 0; step < out.length; step++) {
      const i = newest[step]!;
      if (i < 0) {
        kinds[step] = 0;
        continue;
      }
      const histogram = histograms?.[i];
      if (histogram !== undefined) row.setHistogram(step, histogram);
      else if (words !== undefined && isStaleAt(words, i)) kinds[step] = 0;
      else {
        out[step] = values[i]!;
        kinds[step] = 1;
      }
    }
  }

  #readTimes(newest: Int32Array, row: Row): void {
    const { timestamps, values, histograms, startTimestamps } = this.#buffer;
    const words = wordsOf(values);
    row.clear();
    if (this.#mode === 'startTimestamp' && !this.#context.options.features.startTimestamps) return;
    for (let step = 0; step < row.steps; step++) {
      const i = newest[step]!;
      if (i < 0 || (histograms?.[i] === undefined && isStaleAt(words, i))) continue;
      const ms = this.#mode === 'timestamp' ? timestamps[i]! : (startTimestamps?.[i] ?? 0);
      row.setFloat(step, ms / 1000);
    }
  }

  #newestOf(timestamps: Float64Array, length: number): Int32Array {
    const known = this.#newest.get(timestamps);
    if (known?.length === length) return known.indexes;
    const { lookbackMs } = this.#context.options;
    const indexes = newestSamples(timestamps, length, this.#grid, this.#offsetMs, this.#atMs, lookbackMs);
    if (this.#newest.size * this.#grid.count > MAX_CACHED) this.#newest.clear();
    if (timestamps.length > 0) this.#newest.set(timestamps, { length, indexes });
    return indexes;
  }

  /** Between the samples around each step; the last sample is carried forward while it is not too old. */
  #readSmoothed(index: number, row: Row): void {
    const { timestamps, values, histograms, length } = this.#buffer;
    const words = wordsOf(values);
    const { lookbackMs } = this.#context.options;
    row.clear();
    const samples: number[] = [];
    for (let i = 0; i < length; i++) {
      if (histograms?.[i] !== undefined || !isStaleAt(words, i)) samples.push(i);
    }
    for (let step = 0; step < row.steps; step++) {
      const time = (this.#atMs ?? timeAt(this.#grid, step)) - this.#offsetMs;
      const near = samples.filter(
        (i) => timestamps[i]! > time - lookbackMs && timestamps[i]! <= time + lookbackMs,
      );
      const kinds = new Set(near.map((i) => histograms?.[i] !== undefined));
      if (kinds.size > 1) {
        this.#context.warnMixedFloatsHistograms(this.labels(index), this.#node.span);
        continue;
      }
      const before = near.findLast((i) => timestamps[i]! <= time);
      if (before === undefined) continue;
      const after = near.find((i) => timestamps[i]! >= time);
      this.#interpolate(index, row, step, time, before, after ?? before);
    }
  }

  #interpolate(index: number, row: Row, step: number, time: number, before: number, after: number): void {
    const { timestamps, values, histograms } = this.#buffer;
    const from = timestamps[before]!;
    const to = timestamps[after]!;
    const histogram = histograms?.[before];
    if (histogram === undefined) {
      const value =
        after === before || from === time
          ? values[before]!
          : interpolateFloats(values[before]!, from, values[after]!, to, time, false);
      row.setFloat(step, value);
      return;
    }
    if (after === before) return row.setHistogram(step, histogram);
    const isCounter = histogram.counterResetHint !== 'gauge';
    const { span } = this.#node;
    if (usesCustomBuckets(histogram) !== usesCustomBuckets(histograms![after]!)) {
      return this.#context.warnMixedSchemas(this.labels(index), span);
    }
    row.setHistogram(
      step,
      interpolateHistograms(histogram, from, histograms![after]!, to, time, isCounter, this.#context, span),
    );
  }
}
