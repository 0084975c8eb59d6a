import { maxOverTime, minOverTime, timeOfMax, timeOfMin } from './extremes.ts';
import { instantRate } from './instantRate.ts';
import type { RangeFunction } from './rangeFunction.ts';
import { delta, increase, rate } from './rate.ts';
import {
  changes,
  countOverTime,
  firstOverTime,
  lastOverTime,
  presentOverTime,
  resets,
  timeOfFirst,
  timeOfLast,
} from './simple.ts';
import {
  deriv,
  doubleExponentialSmoothing,
  madOverTime,
  predictLinear,
  quantileOverTime,
  stddevOverTime,
  stdvarOverTime,
} from './statistics.ts';
import { avgOverTime, sumOverTime } from './sums.ts';

/** Functions of range vectors by name. absent_over_time is evaluated as the absence of present_over_time. */
export const RANGE_FUNCTIONS: ReadonlyMap<string, RangeFunction> = new Map([
  ['rate', rate],
  ['increase', increase],
  ['delta', delta],
  ['irate', instantRate(true)],
  ['idelta', instantRate(false)],
  ['avg_over_time', avgOverTime],
  ['sum_over_time', sumOverTime],
  ['min_over_time', minOverTime],
  ['max_over_time', maxOverTime],
  ['count_over_time', countOverTime],
  ['present_over_time', presentOverTime],
  ['absent_over_time', presentOverTime],
  ['last_over_time', lastOverTime],
  ['first_over_time', firstOverTime],
  ['stddev_over_time', stddevOverTime],
  ['stdvar_over_time', stdvarOverTime],
  ['quantile_over_time', quantileOverTime],
  ['mad_over_time', madOverTime],
  ['ts_of_first_over_time', timeOfFirst],
  ['ts_of_last_over_time', timeOfLast],
  ['ts_of_max_over_time', timeOfMax],
  ['ts_of_min_over_time', timeOfMin],
  ['changes', changes],
  ['resets', resets],
  ['deriv', deriv],
  ['predict_linear', predictLinear],
  ['double_exponential_smoothing', doubleExponentialSmoothing],
]);
