import * as fc from 'fast-check';

const matchers = fc.constantFrom(
  '',
  '{job="api"}',
  '{instance=~"a|b"}',
  '{instance!~"c.*",job!="x"}',
  '{job="api",instance="a"}',
  '{nope="",instance=~".+"}',
);
const modifiers = fc.constantFrom(
  '',
  '',
  '',
  ' offset 10m',
  ' offset -5m',
  ' @ end()',
  ' @ start()',
  ' @ 1700008200 offset 30s',
);
const name = fc.constantFrom('requests_total', 'load', 'build_info', 'missing');
const duration = fc.constantFrom('30s', '1m', '2m', '5m', '20m', '1h');
const selector = fc.tuple(name, matchers, modifiers).map(([n, m, at]) => `${n}${m}${at}`);
const range = fc.tuple(name, matchers, duration, modifiers).map(([n, m, d, at]) => `${n}${m}[${d}]${at}`);
const subqueryRange = fc.constantFrom('5m:30s', '10m:1m', '20m:2m', '3m:20s');
const grouping = fc.constantFrom(
  '',
  'by (job)',
  'by (job, instance)',
  'without (instance)',
  'without (code, le)',
  'by (nope)',
);
const matching = fc.constantFrom(
  '',
  '',
  'on (job, instance)',
  'ignoring (code)',
  'on (instance)',
  'on (job)',
);
/** Matches on all labels, so that at most one series is found. */
const wholeMatching = fc.constantFrom('', 'ignoring (nope)');
const exactOverTime = fc.constantFrom(
  'max_over_time',
  'min_over_time',
  'sum_over_time',
  'count_over_time',
  'last_over_time',
  'present_over_time',
  'changes',
  'resets',
  'idelta',
);
const floatOverTime = fc.constantFrom(
  'delta',
  'irate',
  'deriv',
  'avg_over_time',
  'stddev_over_time',
  'stdvar_over_time',
);
const exactAggregation = fc.constantFrom('sum', 'min', 'max', 'count', 'group');
const floatAggregation = fc.constantFrom('sum', 'min', 'max', 'count', 'avg');
const rank = fc.constantFrom('topk', 'bottomk');
const setOperator = fc.constantFrom('and', 'or', 'unless');
const comparison = fc.constantFrom('==', '!=', '>', '<', '>=', '<=', '> bool', '== bool');
const exactFunction = fc.constantFrom(
  'abs',
  'ceil',
  'floor',
  'sgn',
  'timestamp',
  'day_of_week',
  'hour',
  'minute',
  'month',
  'year',
  'days_in_month',
);
const floatFunction = fc.constantFrom(
  'exp',
  'sqrt',
  'ln',
  'log2',
  'log10',
  'sin',
  'atan',
  'rad',
  'deg',
  'tanh',
);

const counter = fc.tuple(matchers, modifiers).map(([m, at]) => `requests_total${m}${at}`);
const counterRange = fc
  .tuple(matchers, duration, modifiers)
  .map(([m, d, at]) => `requests_total${m}[${d}]${at}`);
const counterRate = fc.constantFrom('rate', 'increase');
const deviation = fc.constantFrom('stddev', 'stdvar');
/** Ranges without `@`. */
const plainRange = fc.tuple(name, matchers, duration).map(([n, m, d]) => `${n}${m}[${d}]`);
/** What subqueries are made of; they are not nested, as the inner one's times would lie on the edges of its range. */
const flat = fc.oneof(
  selector,
  fc.tuple(exactOverTime, range).map(([over, x]) => `${over}(${x})`),
  fc.tuple(exactAggregation, grouping, selector).map(([op, by, x]) => `${op} ${by} (${x})`),
  fc.tuple(selector, comparison, fc.constantFrom('0', '100')).map(([x, op, y]) => `(${x} ${op} ${y})`),
);

/**
 * Queries whose results both versions must agree on. `exact` ones give integers from integers, so that comparisons
 * and rounding of them cannot tip over by an error in the last bit; `any` ones may give any float.
 */
export const query: fc.Arbitrary<string> = fc.letrec<{
  exact: string;
  any: string;
  scalar: string;
}>((tie) => ({
  scalar: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('1', '2', '-3', '0', '10', '0.5'),
    fc.constant('(time() % 100)'),
    fc.tuple(fc.constantFrom('+', '-', '*'), tie('scalar')).map(([op, x]) => `(2 ${op} ${x})`),
    tie('exact').map((x) => `scalar(${x})`),
  ),
  exact: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    selector,
    fc.tuple(exactOverTime, range).map(([name, x]) => `${name}(${x})`),
    fc.tuple(exactAggregation, grouping, tie('exact')).map(([op, by, x]) => `${op} ${by} (${x})`),
    fc.tuple(rank, grouping, selector).map(([op, by, x]) => `${op} ${by} (2, ${x})`),
    fc
      .tuple(tie('exact'), setOperator, matching, tie('exact'))
      .map(([a, op, on, b]) => `(${a} ${op} ${on} ${b})`),
    fc.tuple(tie('exact'), comparison, tie('scalar')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc
      .tuple(tie('exact'), comparison, wholeMatching, tie('exact'))
      .map(([a, op, on, b]) => `(${a} ${op} ${on} ${b})`),
    fc
      .tuple(tie('exact'), fc.constantFrom('+', '-', '*'), matching, tie('exact'))
      .map(([a, op, on, b]) => `(${a} ${op} ${on} ${b})`),
    fc.tuple(exactFunction, tie('exact')).map(([name, x]) => `${name}(${x})`),
    fc.tuple(flat, subqueryRange).map(([x, r]) => `max_over_time(${x}[${r}])`),
    fc.tuple(flat, subqueryRange).map(([x, r]) => `count_over_time(${x}[${r}])`),
    tie('exact').map((x) => `(-${x})`),
    tie('exact').map((x) => `clamp(${x}, -500, 900)`),
    tie('exact').map((x) => `label_replace(${x}, "copy", "$1-x", "instance", "(.*)")`),
    tie('exact').map((x) => `label_join(${x}, "joined", "/", "job", "instance")`),
    tie('exact').map((x) => `count_values by (job) ("value", ${x})`),
    selector.map((x) => `absent(${x})`),
    range.map((x) => `absent_over_time(${x})`),
    selector.map(
      (x) => `(load * on (job, instance) group_left (version) (build_info and on (instance) ${x}))`,
    ),
    tie('scalar').map((x) => `vector(${x})`),
  ),
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('exact'),
    fc.tuple(floatOverTime, range).map(([name, x]) => `${name}(${x})`),
    fc.tuple(counterRate, counterRange).map(([name, x]) => `${name}(${x})`),
    fc.tuple(deviation, grouping, flat).map(([op, by, x]) => `${op} ${by} (${x})`),
    fc.tuple(floatAggregation, grouping, tie('any')).map(([op, by, x]) => `${op} ${by} (${x})`),
    fc.tuple(grouping, tie('exact')).map(([by, x]) => `quantile ${by} (0.7, ${x})`),
    fc
      .tuple(tie('any'), fc.constantFrom('+', '-', '*', '/'), tie('scalar'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc
      .tuple(tie('any'), fc.constantFrom('+', '*'), matching, tie('any'))
      .map(([a, op, on, b]) => `(${a} ${op} ${on} ${b})`),
    fc.tuple(floatFunction, tie('exact')).map(([name, x]) => `${name}(${x})`),
    range.map((x) => `quantile_over_time(0.3, ${x})`),
    plainRange.map((x) => `predict_linear(${x}, 600)`),
    fc.tuple(flat, subqueryRange).map(([x, r]) => `avg_over_time(${x}[${r}])`),
    fc.tuple(counter, subqueryRange).map(([x, r]) => `rate(${x}[${r}])`),
    fc
      .constantFrom('0.1', '0.5', '0.99')
      .map((q) => `histogram_quantile(${q}, sum by (le) (rate(latency_bucket[5m])))`),
    fc.constantFrom('0.2', '0.9').map((q) => `histogram_quantile(${q}, latency_bucket)`),
  ),
})).any;
