import type { FloatHistogram } from '@binnacle/model';
import { isCounterReset } from './compare.ts';

/**
 * A histogram as a store of chunks gives it back: `not_reset` when it continues the sample before it, `unknown` when it
 * does not or there is none; what was written as `reset` or `gauge` stays. Queries that add histograms up warn when
 * hints disagree.
 */
export function withResetHint(
  histogram: FloatHistogram,
  previous: FloatHistogram | undefined,
): FloatHistogram {
  const { counterResetHint } = histogram;
  if (counterResetHint === 'gauge' || counterResetHint === 'reset') return histogram;
  const unknown: FloatHistogram = { ...histogram, counterResetHint: 'unknown' };
  if (previous === undefined || previous.counterResetHint === 'gauge') return unknown;
  return isCounterReset(unknown, previous) ? unknown : { ...histogram, counterResetHint: 'not_reset' };
}
