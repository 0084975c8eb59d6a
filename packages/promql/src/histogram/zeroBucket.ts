import type { FloatHistogram } from '@binnacle/model';
import { exponentialBound } from './bounds.ts';
import { countsOf } from './buckets.ts';

/** A histogram's buckets after its zero bucket has grown. */
export interface WidenedZeroBucket {
  readonly threshold: number;
  readonly count: number;
  readonly positive: Map<number, number>;
  readonly negative: Map<number, number>;
}

/** Moves what lies below `threshold` into the zero bucket; see `widen` for where it really ends. */
export function widenZeroBucket(h: FloatHistogram, threshold: number): WidenedZeroBucket {
  const positive = countsOf(h.positiveSpans, h.positiveBuckets);
  const negative = countsOf(h.negativeSpans, h.negativeBuckets);
  const { count, end } = widen(h.zeroCount, h.zeroThreshold, threshold, h.schema, positive, negative);
  return { threshold: end, count, positive, negative };
}

/**
 * Removes from both sides the buckets that a zero bucket up to `threshold` swallows, and gives its count and where
 * it ends: at the upper bound of a populated bucket when the threshold fell into one.
 */
export function widen(
  zeroCount: number,
  from: number,
  threshold: number,
  schema: number,
  positive: Map<number, number>,
  negative: Map<number, number>,
): { readonly count: number; readonly end: number } {
  if (threshold <= from) return { count: zeroCount, end: from };
  let end = threshold;
  for (let grown = true; grown;) {
    grown = false;
    for (const side of [positive, negative]) {
      for (const [index, count] of side) {
        const upper = exponentialBound(index, schema);
        if (count === 0 || upper <= end || exponentialBound(index - 1, schema) >= end) continue;
        end = upper;
        grown = true;
      }
    }
  }
  let total = zeroCount;
  for (const side of [positive, negative]) {
    for (const index of [...side.keys()].sort((a, b) => a - b)) {
      if (exponentialBound(index - 1, schema) >= end) break;
      total += side.get(index)!;
      side.delete(index);
    }
  }
  return { count: total, end };
}
