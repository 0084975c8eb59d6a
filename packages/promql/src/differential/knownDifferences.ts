/**
 * Where Prometheus 2.42 (Debian 12) and 3.14 differ, and how the generated data and queries keep clear of it. What is
 * not listed here must agree.
 */
export const KNOWN_DIFFERENCES: readonly (readonly [difference: string, avoidedBy: string])[] = [
  [
    'ranges, lookback and subqueries are closed on the left in 2.42 and open in 3.x',
    'samples lie a few milliseconds beside whole seconds, evaluation times beside the steps of subqueries, and ' +
      'subqueries are not nested',
  ],
  [
    'functions of the evaluation time over ranges with @ move the range with the step in 2.42',
    'predict_linear() gets ranges without @',
  ],
  [
    'rate() near the zero of a counter: 2.42 clamps before, 3.x after it has limited the extrapolation',
    'rate() and increase() get counters, which start far from zero',
  ],
  [
    'sums over time and aggregations of floats are compensated in 3.x',
    'values are integers, and results are compared with a tolerance',
  ],
  [
    'several series that match one are an error in 3.x even when a comparison drops them',
    'comparisons match on all labels',
  ],
  ['stddev() and stdvar() of NaN are 0 in 2.42 and NaN in 3.x', 'they get vectors without NaN'],
  [
    'numbers for ranges, durations for numbers, quoted names, experimental functions and modifiers, native histograms',
    'the grammar does not write them',
  ],
  ['histogram_quantile() smooths over tiny decreases in 3.x', 'buckets are monotonic'],
  ['errors for duplicate series name them in another order', 'only that there is an error is compared'],
  ['topk() and bottomk() of equal values take either', 'ranked values differ from series to series'],
];
