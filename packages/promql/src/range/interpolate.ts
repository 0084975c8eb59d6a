import type { FloatHistogram } from '@binnacle/model';
import type { QueryContext } from '../engine/queryContext.ts';
import { combineHistograms, multiplyHistogram } from '../histogram/arithmetic.ts';
import { isCounterReset } from '../histogram/compare.ts';
import type { Span } from '../parser/span.ts';

/** The value at `ms` on the line between two samples; a counter that was reset between them starts from zero. */
export function interpolateFloats(
  before: number,
  beforeMs: number,
  after: number,
  afterMs: number,
  ms: number,
  isCounter: boolean,
): number {
  const from = isCounter && after < before ? 0 : before;
  return from + ((after - from) * (ms - beforeMs)) / (afterMs - beforeMs);
}

/** The same for histograms. Throws MixedSchemasError. */
export function interpolateHistograms(
  before: FloatHistogram,
  beforeMs: number,
  after: FloatHistogram,
  afterMs: number,
  ms: number,
  isCounter: boolean,
  context: QueryContext,
  span: Span,
): FloatHistogram {
  if (ms === beforeMs) return before;
  if (ms === afterMs) return after;
  const fraction = (ms - beforeMs) / (afterMs - beforeMs);
  if (isCounter && isCounterReset(after, before)) return multiplyHistogram(after, fraction);
  const difference = combineHistograms(after, before, -1);
  if (difference.combined.boundsReconciled) context.infoReconciled('subtraction', span);
  const sum = combineHistograms(multiplyHistogram(difference.histogram, fraction), before, 1);
  if (sum.combined.boundsReconciled) context.infoReconciled('addition', span);
  return { ...sum.histogram, counterResetHint: after.counterResetHint };
}
