import type { FloatHistogram } from '@binnacle/model';
import { metricName } from '../engine/queryContext.ts';
import { HistogramAccumulator, MixedSchemasError } from '../histogram/accumulator.ts';
import { emptyLike } from '../histogram/arithmetic.ts';
import { usesCustomBuckets } from '../histogram/bounds.ts';
import { compact } from '../histogram/buckets.ts';
import { isCounterReset } from '../histogram/compare.ts';
import { labelsOf, type RangeCall, type Window } from './rangeFunction.ts';
import { isStartReset, startOverlaps } from './startTimestamps.ts';
import { warnOverlap } from './rate.ts';

/**
 * The increase over the histograms of a window (two at least), resets of counters added up. Undefined, with an
 * annotation, when their layouts do not go together.
 */
export function histogramIncrease(
  window: Window,
  call: RangeCall,
  isCounter: boolean,
): FloatHistogram | undefined {
  const { context, span } = call;
  const { histograms, timestamps, startTimestamps: starts } = window.histograms;
  const { histogramFrom: from, histogramTo: to } = window;
  const last = histograms[to - 1]!;
  let first = histograms[from]!;
  const startsAt = (i: number): boolean =>
    starts !== undefined && isStartReset(starts[i - 1]!, timestamps[i - 1]!, starts[i]!, timestamps[i]!);
  if (isCounter) {
    for (let i = from; i < to; i++) {
      if (histograms[i]!.counterResetHint !== 'gauge') continue;
      context.warn(`this native histogram metric is not a counter: ${metricName(labelsOf(call))}`, span);
    }
    const second = histograms[from + 1]!;
    if (startsAt(from + 1) || isCounterReset(second, first)) first = emptyLike(second);
  } else if (histograms[from]!.counterResetHint !== 'gauge' || last.counterResetHint !== 'gauge') {
    context.warn(`this native histogram metric is not a gauge: ${metricName(labelsOf(call))}`, span);
  }
  const custom = usesCustomBuckets(first);
  let minSchema = Math.min(last.schema, first.schema);
  let mixed = usesCustomBuckets(last) !== custom;
  for (const between of isCounter ? histograms.slice(from + 1, to - 1) : []) {
    minSchema = Math.min(minSchema, between.schema);
    mixed ||= usesCustomBuckets(between) !== custom;
  }
  if (mixed) {
    context.warnMixedSchemas(labelsOf(call), span);
    return undefined;
  }
  try {
    const sum = new HistogramAccumulator(last);
    sum.reduceTo(minSchema);
    if (sum.add(first, -1).boundsReconciled) context.infoReconciled('subtraction', span);
    if (isCounter) addResets(sum, first);
    sum.hint = 'gauge';
    return compact(sum.finish());
  } catch (error) {
    if (!(error instanceof MixedSchemasError)) throw error;
    context.warnMixedSchemas(labelsOf(call), span);
    return undefined;
  }

  function addResets(sum: HistogramAccumulator, start: FloatHistogram): void {
    let previous = start;
    let overlap = false;
    for (let i = from + 1; i < to; i++) {
      const current = histograms[i]!;
      if (starts !== undefined) overlap ||= startOverlaps(starts[i - 1]!, timestamps[i - 1]!, starts[i]!);
      if (startsAt(i) || isCounterReset(current, previous)) {
        if (sum.add(previous).boundsReconciled) context.infoReconciled('addition', span);
      }
      previous = current;
    }
    if (overlap) warnOverlap(call);
  }
}
