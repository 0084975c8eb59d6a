import type { FloatHistogram } from '@binnacle/model';
import { usesCustomBuckets } from './bounds.ts';
import { countsOf } from './buckets.ts';
import { mapToBounds, sharedBounds } from './customBounds.ts';
import { widenZeroBucket } from './zeroBucket.ts';

/**
 * True when counters went back between two samples of a histogram. A hint decides when there is one; otherwise a
 * reset is any bucket or count that decreased, and any change of layout that a running counter cannot make.
 */
export function isCounterReset(current: FloatHistogram, previous: FloatHistogram): boolean {
  if (current.counterResetHint === 'reset') return true;
  if (current.counterResetHint === 'not_reset') return false;
  if (current.count < previous.count) return true;
  if (usesCustomBuckets(current) !== usesCustomBuckets(previous)) return true;
  if (usesCustomBuckets(current)) return customReset(current, previous);
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true;
  const widened = widenZeroBucket(previous, current.zeroThreshold);
  if (widened.threshold !== current.zeroThreshold || current.zeroCount < widened.count) return true;
  const shift = previous.schema - current.schema;
  return (
    decreased(countsOf(current.positiveSpans, current.positiveBuckets), reduce(widened.positive, shift)) ||
    decreased(countsOf(current.negativeSpans, current.negativeBuckets), reduce(widened.negative, shift))
  );
}

/** Bucket indexes after `shift` halvings of the resolution. */
export function reduce(counts: ReadonlyMap<number, number>, shift: number): ReadonlyMap<number, number> {
  if (shift === 0) return counts;
  const out = new Map<number, number>();
  for (const [index, count] of counts) {
    const merged = reduceIndex(index, shift);
    out.set(merged, (out.get(merged) ?? 0) + count);
  }
  return out;
}

export function reduceIndex(index: number, shift: number): number {
  return ((index - 1) >> shift) + 1;
}

/** True when two histograms have the same buckets with the same counts, bit for bit, NaNs equal to each other. */
export function histogramsEqual(a: FloatHistogram, b: FloatHistogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.zeroCount, b.zeroCount) &&
    arraysEqual(a.customValues, b.customValues) &&
    sameCounts(countsOf(a.positiveSpans, a.positiveBuckets), countsOf(b.positiveSpans, b.positiveBuckets)) &&
    sameCounts(countsOf(a.negativeSpans, a.negativeBuckets), countsOf(b.negativeSpans, b.negativeBuckets))
  );
}

export function arraysEqual(a: Float64Array, b: Float64Array): boolean {
  return a === b || (a.length === b.length && a.every((value, i) => value === b[i]));
}

function sameCounts(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): boolean {
  if (a.size !== b.size) return false;
  for (const [index, count] of a) if (!Object.is(b.get(index), count)) return false;
  return true;
}

function customReset(current: FloatHistogram, previous: FloatHistogram): boolean {
  let now: ReadonlyMap<number, number> = countsOf(current.positiveSpans, current.positiveBuckets);
  let before: ReadonlyMap<number, number> = countsOf(previous.positiveSpans, previous.positiveBuckets);
  if (!arraysEqual(current.customValues, previous.customValues)) {
    const shared = sharedBounds(current.customValues, previous.customValues);
    now = mapToBounds(now, current.customValues, shared);
    before = mapToBounds(before, previous.customValues, shared);
  }
  return decreased(now, before);
}

function decreased(now: ReadonlyMap<number, number>, before: ReadonlyMap<number, number>): boolean {
  for (const [index, count] of before) if ((now.get(index) ?? 0) < count) return true;
  return false;
}
