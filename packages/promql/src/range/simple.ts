import type { FloatHistogram } from '@binnacle/model';
import { histogramsEqual, isCounterReset } from '../histogram/compare.ts';
import type { FloatColumn } from './columns.ts';
import {
  floatCount,
  histogramCount,
  type RangeCall,
  type RangeFunction,
  type Window,
} from './rangeFunction.ts';
import { isStartReset } from './startTimestamps.ts';
import { fillWhereSamples } from './sums.ts';
import type { Row } from '../engine/row.ts';
import type { Bounds } from './windows.ts';

export const countOverTime: RangeFunction = {
  window: (window, row) => row.setFloat(window.step, floatCount(window) + histogramCount(window)),
  floats: (_, bounds, row) => fillWhereSamples(bounds, row, (samples) => samples),
};

export const presentOverTime: RangeFunction = {
  window: (window, row) => row.setFloat(window.step, 1),
  floats: (_, bounds, row) => fillWhereSamples(bounds, row, () => 1),
};

export const lastOverTime: RangeFunction = {
  keepsName: true,
  window(window, row) {
    const sample = edgeSample(window, 'last');
    if (sample.histogram === undefined) row.setFloat(window.step, sample.value);
    else row.setHistogram(window.step, sample.histogram);
  },
  floats: (column, bounds, row) => pickFloats(column, bounds, row, (_, to) => to - 1),
};

export const firstOverTime: RangeFunction = {
  keepsName: true,
  window(window, row) {
    const sample = edgeSample(window, 'first');
    if (sample.histogram === undefined) row.setFloat(window.step, sample.value);
    else row.setHistogram(window.step, sample.histogram);
  },
  floats: (column, bounds, row) => pickFloats(column, bounds, row, (from) => from),
};

export const timeOfFirst: RangeFunction = {
  window: (window, row) => row.setFloat(window.step, edgeSample(window, 'first').ms / 1000),
};

export const timeOfLast: RangeFunction = {
  window: (window, row) => row.setFloat(window.step, edgeSample(window, 'last').ms / 1000),
};

function pickFloats(
  column: FloatColumn,
  bounds: Bounds,
  row: Row,
  pick: (from: number, to: number) => number,
): void {
  for (let step = 0; step < row.values.length; step++) {
    const from = bounds.from[step]!;
    const to = bounds.to[step]!;
    row.kinds[step] = to > from ? 1 : 0;
    if (to > from) row.values[step] = column.values[pick(from, to)]!;
  }
}

interface EdgeSample {
  readonly ms: number;
  readonly value: number;
  readonly histogram: FloatHistogram | undefined;
}

/** The oldest or newest sample of either kind. */
function edgeSample(window: Window, edge: 'first' | 'last'): EdgeSample {
  const { floats, histograms } = window;
  const f = edge === 'first' ? window.floatFrom : window.floatTo - 1;
  const h = edge === 'first' ? window.histogramFrom : window.histogramTo - 1;
  const float = { ms: floats.timestamps[f]!, value: floats.values[f]!, histogram: undefined };
  if (histogramCount(window) === 0) return float;
  const histogram = { ms: histograms.timestamps[h]!, value: 0, histogram: histograms.histograms[h]! };
  if (floatCount(window) === 0) return histogram;
  return float.ms < histogram.ms === (edge === 'first') ? float : histogram;
}

export const changes: RangeFunction = transitions(
  (a, b) => a !== b && !(a !== a && b !== b),
  (before, after) => !histogramsEqual(before, after),
  false,
);

export const resets: RangeFunction = transitions(
  (a, b) => b < a,
  (before, after) => isCounterReset(after, before),
  true,
);

/** Counts the pairs of neighbouring samples for which a condition holds; a change of kind always counts. */
function transitions(
  ofFloats: (before: number, after: number) => boolean,
  ofHistograms: (before: FloatHistogram, after: FloatHistogram) => boolean,
  startsCount: boolean,
): RangeFunction {
  return {
    window(window, row, call) {
      if (!skipToAnchor(window, call)) return;
      row.setFloat(window.step, count(window, ofFloats, ofHistograms, startsCount));
    },
    floats(column, bounds, row) {
      const { values, length } = column;
      const before = new Int32Array(length + 1);
      for (let i = 1; i < length; i++) {
        before[i + 1] = before[i]! + (ofFloats(values[i - 1]!, values[i]!) ? 1 : 0);
      }
      for (let step = 0; step < row.values.length; step++) {
        const from = bounds.from[step]!;
        const to = bounds.to[step]!;
        row.kinds[step] = to > from ? 1 : 0;
        row.values[step] = to > from ? before[to]! - before[from + 1]! : 0;
      }
    },
  };
}

function count(
  window: Window,
  ofFloats: (before: number, after: number) => boolean,
  ofHistograms: (before: FloatHistogram, after: FloatHistogram) => boolean,
  startsCount: boolean,
): number {
  const { floats, histograms } = window;
  let f = window.floatFrom;
  let h = window.histogramFrom;
  let total = 0;
  let previous:
    { ms: number; value: number; histogram: FloatHistogram | undefined; start: number } | undefined;
  while (f < window.floatTo || h < window.histogramTo) {
    const takeFloat =
      h >= window.histogramTo || (f < window.floatTo && floats.timestamps[f]! < histograms.timestamps[h]!);
    const column = takeFloat ? floats : histograms;
    const i = takeFloat ? f++ : h++;
    const current = {
      ms: column.timestamps[i]!,
      value: takeFloat ? floats.values[i]! : 0,
      histogram: takeFloat ? undefined : histograms.histograms[i]!,
      start: column.startTimestamps?.[i] ?? 0,
    };
    if (previous !== undefined) {
      const started = startsCount && isStartReset(previous.start, previous.ms, current.start, current.ms);
      if ((previous.histogram === undefined) !== (current.histogram === undefined)) total++;
      else if (started) total++;
      else if (current.histogram === undefined) total += ofFloats(previous.value, current.value) ? 1 : 0;
      else total += ofHistograms(previous.histogram!, current.histogram) ? 1 : 0;
    }
    previous = current;
  }
  return total;
}

/**
 * With `anchored` the window has samples from before its start: leaves the last of them, whatever its kind. False
 * when nothing lies inside the window itself.
 */
function skipToAnchor(window: Window, call: RangeCall): boolean {
  if (call.range.extension !== 'anchored') return true;
  const { floats, histograms, startMs } = window;
  let f = window.floatFrom;
  let h = window.histogramFrom;
  while (f < window.floatTo && floats.timestamps[f]! <= startMs) f++;
  while (h < window.histogramTo && histograms.timestamps[h]! <= startMs) h++;
  if (f >= window.floatTo && h >= window.histogramTo) return false;
  const lastFloat = f > window.floatFrom ? floats.timestamps[f - 1]! : -Infinity;
  const lastHistogram = h > window.histogramFrom ? histograms.timestamps[h - 1]! : -Infinity;
  if (lastFloat !== -Infinity || lastHistogram !== -Infinity) {
    if (lastFloat >= lastHistogram) f--;
    else h--;
  }
  window.floatFrom = f;
  window.histogramFrom = h;
  return true;
}
