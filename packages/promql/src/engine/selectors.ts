import { isStaleAt, type FloatHistogram, type Labels, type Matcher } from '@binnacle/model';
import type { MatrixSelector, VectorSelector } from '../parser/ast.ts';
import { hasStale, wordsOf } from '../range/columns.ts';
import { interpolateFloats, interpolateHistograms } from '../range/interpolate.ts';
import type { RangeVector } from '../range/rangeVector.ts';
import { usesCustomBuckets } from '../histogram/bounds.ts';
import { isCounterReset } from '../histogram/compare.ts';
import { createSampleBuffer, type SampleBuffer, type SelectRange, type SeriesSet } from '../storage.ts';
import { durationMs, positiveDurationMs } from './durations.ts';
import { lastTime, timeAt, type Grid } from './grid.ts';
import type { QueryContext } from './queryContext.ts';
import { QueryError } from './queryError.ts';
import type { Row } from './row.ts';
import type { VectorSource } from './vectorSource.ts';

/** Where a selector's times lie: a fixed time if it has one, and its offset. */
export function placementOf(
  selector: Pick<VectorSelector, 'offsetMs' | 'offsetExpr' | 'atMs' | 'atPreprocessor'>,
  context: QueryContext,
): { readonly offsetMs: number; readonly atMs: number | undefined } {
  const offsetMs = durationMs(selector.offsetMs, selector.offsetExpr, context);
  const { queryGrid } = context;
  if (selector.atPreprocessor === 'start') return { offsetMs, atMs: queryGrid.startMs };
  if (selector.atPreprocessor === 'end') return { offsetMs, atMs: lastTime(queryGrid) };
  return { offsetMs, atMs: selector.atMs };
}

/** Series that a selection found, each read at most once however often the query asks for them. */
class SharedSeries {
  readonly set: SeriesSet;
  readonly #buffers: (SampleBuffer | undefined)[] = [];
  readonly #context: QueryContext;
  readonly #detectResets: boolean;
  users = 0;

  constructor(set: SeriesSet, context: QueryContext, detectResets: boolean) {
    this.set = set;
    this.#context = context;
    this.#detectResets = detectResets;
  }

  read(index: number, out: SampleBuffer): void {
    this.#readShared(index, out);
    if (this.#detectResets && out.histograms !== undefined) {
      out.histograms = withDetectedResets(out.histograms, out.length);
    }
  }

  #readShared(index: number, out: SampleBuffer): void {
    if (this.users < 2) {
      this.set.read(index, out);
      return;
    }
    let buffer = this.#buffers[index];
    if (buffer === undefined) {
      buffer = createSampleBuffer();
      this.set.read(index, buffer);
      this.#buffers[index] = buffer;
      this.#context.hold(buffer.length, buffer.length * 8);
    }
    Object.assign(out, buffer);
  }
}

/** Fills in whether counters were reset where the store does not say, by comparing each sample with the one before. */
function withDetectedResets(
  histograms: readonly (FloatHistogram | undefined)[],
  length: number,
): readonly (FloatHistogram | undefined)[] {
  const out: (FloatHistogram | undefined)[] = [];
  for (let i = 0; i < length; i++) {
    const current = histograms[i];
    const previous = i > 0 ? out[i - 1] : undefined;
    out[i] =
      current === undefined || previous === undefined || current.counterResetHint !== 'unknown'
        ? current
        : { ...current, counterResetHint: isCounterReset(current, previous) ? 'reset' : 'not_reset' };
  }
  return out;
}

/** Runs the selections of a query, each different one once. */
export class Selections {
  readonly #context: QueryContext;
  readonly #bySelection = new Map<string, SharedSeries>();

  constructor(context: QueryContext) {
    this.#context = context;
  }

  /** True while selectors below histogram_count(), histogram_sum() or histogram_avg() are set up. */
  detectResets = false;

  select(matchers: readonly Matcher[], range: SelectRange): SharedSeries {
    const { detectResets } = this;
    const key = `${detectResets} ${range.minMs} ${range.maxMs} ${matchers.map(String).join(',')}`;
    let shared = this.#bySelection.get(key);
    if (shared === undefined) {
      shared = new SharedSeries(this.#context.store.select(matchers, range), this.#context, detectResets);
      for (const warning of shared.set.warnings ?? []) this.#context.annotations.addStorageWarning(warning);
      this.#bySelection.set(key, shared);
    }
    shared.users++;
    return shared;
  }
}

/** A range selector over the windows of a grid. */
export function selectRange(
  node: MatrixSelector,
  grid: Grid,
  context: QueryContext,
  selections: Selections,
): RangeVector {
  const { selector } = node;
  const rangeMs = positiveDurationMs(node.rangeMs, node.rangeExpr, context);
  const { offsetMs, atMs } = placementOf(selector, context);
  const { extension } = selector;
  const { lookbackMs } = context.options;
  const before = extension === undefined ? 0 : lookbackMs;
  const after = extension === 'smoothed' ? lookbackMs : 0;
  const series = selections.select(selector.matchers, {
    minMs: (atMs ?? grid.startMs) - offsetMs - rangeMs - before + 1,
    maxMs: (atMs ?? lastTime(grid)) - offsetMs + after,
  });
  return {
    rangeMs,
    offsetMs,
    atMs,
    extension,
    isSelector: true,
    span: node.span,
    length: series.set.length,
    labels: (index) => series.set.labels(index),
    dropsName: () => false,
    read: (index, buffer) => series.read(index, buffer),
  };
}

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
  readonly #newest = new Map<Float64Array, Int32Array>();

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
    this.#series = selections.select(node.matchers, {
      minMs: (atMs ?? grid.startMs) - offsetMs - lookbackMs + 1,
      maxMs: (atMs ?? lastTime(grid)) - offsetMs + after,
    });
  }

  get length(): number {
    return this.#series.set.length;
  }

  labels(index: number): Labels {
    return this.#series.set.labels(index);
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
    let newest = this.#newest.get(timestamps);
    if (newest !== undefined) return newest;
    const { lookbackMs } = this.#context.options;
    newest = newestSamples(timestamps, length, this.#grid, this.#offsetMs, this.#atMs, lookbackMs);
    if (this.#newest.size * this.#grid.count > MAX_CACHED) this.#newest.clear();
    if (timestamps.length > 0) this.#newest.set(timestamps, newest);
    return newest;
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

const ANCHORED_FUNCTIONS: readonly string[] = ['changes', 'delta', 'increase', 'rate', 'resets'];
const SMOOTHED_FUNCTIONS: readonly string[] = ['delta', 'increase', 'rate'];

/** Throws when a function cannot work on samples from outside its range. */
export function checkExtension(functionName: string, range: RangeVector): void {
  const { extension } = range;
  if (extension === undefined) return;
  const allowed = extension === 'anchored' ? ANCHORED_FUNCTIONS : SMOOTHED_FUNCTIONS;
  if (allowed.includes(functionName)) return;
  const names = allowed.join(', ');
  throw new QueryError(`${extension} modifier can only be used with: ${names} - not with ${functionName}`);
}
