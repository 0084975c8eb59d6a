import type { FloatHistogram } from '@binnacle/model';
import { metricName } from '../engine/queryContext.ts';
import type { Row } from '../engine/row.ts';
import { MixedSchemasError } from '../histogram/accumulator.ts';
import { combineHistograms, divideHistogram } from '../histogram/arithmetic.ts';
import { usesCustomBuckets } from '../histogram/bounds.ts';
import { compact } from '../histogram/buckets.ts';
import { isCounterReset } from '../histogram/compare.ts';
import { interpolateFloats, interpolateHistograms } from './interpolate.ts';
import type { RateKind } from './rate.ts';
import { histogramCount, isMixed, labelsOf, type RangeCall, type Window } from './rangeFunction.ts';

/**
 * rate, increase and delta over an `anchored` or `smoothed` range: between the values at the edges of the range,
 * which are the last samples before them (anchored) or interpolated (smoothed). Nothing is extrapolated.
 */
export function extendedRate(window: Window, row: Row, call: RangeCall, kind: RateKind): void {
  if (isMixed(window)) return call.context.warnMixedFloatsHistograms(labelsOf(call), call.span);
  const isHistogram = histogramCount(window) > 0;
  const edges = findEdges(window, isHistogram, call.range.extension === 'smoothed');
  if (edges === undefined) return;
  if (isHistogram) histogramRate(window, edges, row, call, kind);
  else floatRate(window, edges, row, call, kind);
}

/** The samples that stand at both ends of the range. */
interface Edges {
  readonly first: number;
  readonly last: number;
  readonly smoothed: boolean;
}

function findEdges(window: Window, isHistogram: boolean, smoothed: boolean): Edges | undefined {
  const { timestamps } = isHistogram ? window.histograms : window.floats;
  const from = isHistogram ? window.histogramFrom : window.floatFrom;
  let last = (isHistogram ? window.histogramTo : window.floatTo) - 1;
  let first = from;
  while (first < last && timestamps[first]! <= window.startMs) first++;
  first = Math.max(from, first - 1);
  if (smoothed) {
    let end = from;
    while (end < last && timestamps[end]! < window.endMs) end++;
    last = end;
  }
  if (timestamps[last]! <= window.startMs) return undefined;
  if (smoothed && timestamps[first]! > window.endMs) return undefined;
  return { first, last, smoothed };
}

function floatRate(window: Window, edges: Edges, row: Row, call: RangeCall, kind: RateKind): void {
  const { values, timestamps } = window.floats;
  const { smoothed } = edges;
  let { first, last } = edges;
  const at = (i: number, ms: number): number =>
    interpolateFloats(values[i]!, timestamps[i]!, values[i + 1]!, timestamps[i + 1]!, ms, kind.isCounter);
  const left = smoothed && timestamps[first]! < window.startMs ? at(first, window.startMs) : values[first]!;
  const interpolated = smoothed && last > window.floatFrom && timestamps[last]! > window.endMs;
  const right = interpolated ? at(last - 1, window.endMs) : values[last]!;
  let result = right - left;
  if (kind.isCounter) {
    if (timestamps[first]! <= window.startMs) first++;
    if (timestamps[last]! >= window.endMs) last--;
    let previous = left;
    for (let i = first; i <= last; i++) {
      if (values[i]! < previous) result += previous;
      previous = values[i]!;
    }
    if (right < previous) result += previous;
  }
  row.setFloat(window.step, kind.isRate ? result / (call.range.rangeMs / 1000) : result);
}

function histogramRate(window: Window, edges: Edges, row: Row, call: RangeCall, kind: RateKind): void {
  const { context, span } = call;
  const { histograms, timestamps } = window.histograms;
  const { first, last, smoothed } = edges;
  const custom = usesCustomBuckets(histograms[first]!);
  for (let i = first; i <= last; i++) {
    if (usesCustomBuckets(histograms[i]!) !== custom) return context.warnMixedSchemas(labelsOf(call), span);
    if (kind.isCounter && histograms[i]!.counterResetHint === 'gauge') {
      context.warn(`this native histogram metric is not a counter: ${metricName(labelsOf(call))}`, span);
    }
  }
  const at = (i: number, ms: number): FloatHistogram =>
    interpolateHistograms(
      histograms[i]!,
      timestamps[i]!,
      histograms[i + 1]!,
      timestamps[i + 1]!,
      ms,
      kind.isCounter,
      context,
      span,
    );
  try {
    const before = smoothed && timestamps[first]! < window.startMs;
    const left = before ? at(first, window.startMs) : histograms[first]!;
    const after = smoothed && last > window.histogramFrom && timestamps[last]! > window.endMs;
    const right = after ? at(last - 1, window.endMs) : histograms[last]!;
    if (!kind.isCounter && (left.counterResetHint !== 'gauge' || right.counterResetHint !== 'gauge')) {
      context.warn(`this native histogram metric is not a gauge: ${metricName(labelsOf(call))}`, span);
    }
    const difference = combineHistograms(right, left, -1);
    if (difference.combined.boundsReconciled) context.infoReconciled('subtraction', span);
    let result = difference.histogram;
    const add = (a: FloatHistogram, b: FloatHistogram): FloatHistogram => {
      const sum = combineHistograms(a, b, 1);
      if (sum.combined.boundsReconciled) context.infoReconciled('addition', span);
      return sum.histogram;
    };
    if (kind.isCounter) {
      const correction = resetCorrection(histograms, edges, before, left, right, add);
      if (correction !== undefined) result = add(result, correction);
    }
    if (kind.isRate) result = divideHistogram(result, call.range.rangeMs / 1000);
    row.setHistogram(window.step, compact({ ...result, counterResetHint: 'gauge' }));
  } catch (error) {
    if (!(error instanceof MixedSchemasError)) throw error;
    context.warnMixedSchemas(labelsOf(call), span);
  }
}

/** What counters had reached at each reset between the edges, added up. */
function resetCorrection(
  histograms: readonly FloatHistogram[],
  edges: Edges,
  leftInterpolated: boolean,
  left: FloatHistogram,
  right: FloatHistogram,
  add: (a: FloatHistogram, b: FloatHistogram) => FloatHistogram,
): FloatHistogram | undefined {
  const { first, last } = edges;
  let from = first + 1;
  let previous = left;
  if (leftInterpolated && isCounterReset(histograms[first + 1]!, histograms[first]!)) {
    // The interpolation has accounted for this reset; the sample after it is where the next one is measured from.
    previous = histograms[first + 1]!;
    from++;
  }
  if (from > last) return undefined;
  let correction: FloatHistogram | undefined;
  const count = (h: FloatHistogram): void => {
    correction = correction === undefined ? h : add(correction, h);
  };
  for (let i = from; i < last; i++) {
    if (isCounterReset(histograms[i]!, previous)) count(previous);
    previous = histograms[i]!;
  }
  if (isCounterReset(right, previous)) count(previous);
  return correction;
}
