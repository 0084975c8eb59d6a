import type { Aggregation } from '../parser/ast.ts';
import { unwrapParens } from '../parser/ast.ts';
import { formatG, isValidUtf8, quote } from '../text/goText.ts';
import type { Grid } from '../engine/grid.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { metricName } from '../engine/queryContext.ts';
import { QueryError } from '../engine/queryError.ts';
import { Row } from '../engine/row.ts';
import { NO_SERIES, rowBytes, SeriesList, type Series, type VectorSource } from '../engine/vectorSource.ts';
import { countValues } from './countValues.ts';
import type { Fold, FoldNotes } from './fold.ts';
import { groupSeries, type Grouping } from './grouping.ts';
import { selectFirst, selectRatio } from './limit.ts';
import { CountFold, ExtremeFold, VarianceFold } from './numericFolds.ts';
import { QuantileFold } from './quantileFold.ts';
import { SumFold } from './sumFold.ts';
import { selectTopK } from './topK.ts';

/**
 * Aggregates a vector as it is computed: a series is read, taken into its group's running result and forgotten, so
 * that memory is that of the groups.
 */
export function aggregate(
  node: Aggregation,
  source: () => VectorSource,
  param: Float64Array | undefined,
  grid: Grid,
  context: QueryContext,
): SeriesList {
  switch (node.operator) {
    case 'topk':
    case 'bottomk':
    case 'limitk': {
      const k = checkedCount(param!);
      if (k === undefined) return NO_SERIES;
      const input = source();
      const grouping = groupSeries(input, node.grouping, node.without);
      if (node.operator === 'limitk') return selectFirst(input, grouping, k, context);
      const sign = node.operator === 'topk' ? 1 : -1;
      return selectTopK(input, grouping, k, sign, context, () => noteIgnored(node, context));
    }
    case 'limit_ratio': {
      const ratio = checkedRatio(node, param!, context);
      return ratio === undefined ? NO_SERIES : selectRatio(source(), ratio, context);
    }
    case 'count_values': {
      const label = labelParam(node);
      const input = source();
      const grouping = groupSeries(input, node.grouping, node.without);
      return countValues(input, grouping, label, grid.count, context);
    }
    default: {
      if (node.operator === 'quantile') warnQuantiles(node, param!, context);
      const input = source();
      return fold(node, input, groupSeries(input, node.grouping, node.without), param, grid, context);
    }
  }
}

function fold(
  node: Aggregation,
  source: VectorSource,
  grouping: Grouping,
  param: Float64Array | undefined,
  grid: Grid,
  context: QueryContext,
): SeriesList {
  const steps = grid.count;
  let current = 0;
  const notes = notesFor(node, context, () => metricName(source.labels(current)));
  const folds: (Fold | undefined)[] = grouping.labels.map(() => undefined);
  const row = new Row(steps);
  for (current = 0; current < source.length; current++) {
    source.read(current, row);
    const group = grouping.groupOf[current]!;
    let groupFold = folds[group];
    if (groupFold === undefined) {
      groupFold = createFold(node, steps, param, notes, context);
      context.hold(steps, steps * groupFold.bytesPerStep);
      folds[group] = groupFold;
    }
    groupFold.add(row);
  }
  const series: Series[] = [];
  folds.forEach((groupFold, group) => {
    const result = new Row(steps);
    groupFold!.finish(result);
    context.release(steps, steps * groupFold!.bytesPerStep);
    if (result.isEmpty) return;
    context.hold(steps, rowBytes(steps));
    series.push({ labels: grouping.labels[group]!, dropsName: grouping.dropsName[group]!, row: result });
  });
  return new SeriesList(series);
}

function createFold(
  node: Aggregation,
  steps: number,
  param: Float64Array | undefined,
  notes: FoldNotes,
  context: QueryContext,
): Fold {
  switch (node.operator) {
    case 'sum':
    case 'avg':
      return new SumFold(steps, node.operator === 'avg', notes);
    case 'min':
    case 'max':
      return new ExtremeFold(steps, node.operator === 'max' ? 1 : -1, notes);
    case 'stddev':
    case 'stdvar':
      return new VarianceFold(steps, node.operator === 'stddev', notes);
    case 'quantile':
      return new QuantileFold(param!, notes, (held) => context.hold(held, rowBytes(held)));
    default:
      return new CountFold(steps, node.operator === 'group');
  }
}

function notesFor(node: Aggregation, context: QueryContext, currentName: () => string): FoldNotes {
  const { span } = node.expr;
  return {
    ignoredHistogram: () => noteIgnored(node, context),
    mixedKinds: () => context.warn('encountered a mix of histograms and floats for aggregation', span),
    mixedSchemas: () => {
      const mix = 'vector contains a mix of histograms with exponential and custom buckets schemas';
      context.warn(`${mix} for metric name ${currentName()}`, span);
    },
    hintCollision: () => context.warnCollision('aggregation', span),
    boundsReconciled: () => context.infoReconciled('aggregation', span),
  };
}

function noteIgnored(node: Aggregation, context: QueryContext): void {
  context.info(`ignored histogram in ${node.operator} aggregation`, node.expr.span);
}

/** How many series to take at each step; undefined when it is none at all of them. */
function checkedCount(param: Float64Array): Float64Array | undefined {
  let most = 0;
  for (const value of param) {
    if (Number.isNaN(value)) throw new QueryError('Parameter value is NaN');
    if (value >= 2 ** 63) throw new QueryError(`Scalar value ${formatG(value)} overflows int64`);
    if (value <= -(2 ** 63)) throw new QueryError(`Scalar value ${formatG(value)} underflows int64`);
    if (value > most) most = value;
  }
  return most < 1 ? undefined : param.map(Math.trunc);
}

function checkedRatio(
  node: Aggregation,
  param: Float64Array,
  context: QueryContext,
): Float64Array | undefined {
  if (param.some(Number.isNaN)) throw new QueryError('Ratio value is NaN');
  const max = param.reduce((a, b) => Math.max(a, b), -Infinity);
  const min = param.reduce((a, b) => Math.min(a, b), Infinity);
  if (max === 0 && min === 0) return undefined;
  const warn = (value: number, limit: number): void => {
    const range = 'ratio value should be between -1 and 1';
    context.warn(`${range}, got ${formatG(value)}, capping to ${limit}`, node.param!.span);
  };
  if (max > 1) warn(max, 1);
  if (min < -1) warn(min, -1);
  return param.map((value) => Math.min(1, Math.max(-1, value)));
}

function warnQuantiles(node: Aggregation, param: Float64Array, context: QueryContext): void {
  for (const q of param) {
    if (q >= 0 && q <= 1) continue;
    context.warn(`quantile value should be between 0 and 1, got ${formatG(q)}`, node.param!.span);
  }
}

function labelParam(node: Aggregation): string {
  const param = unwrapParens(node.param!);
  const label = param.kind === 'string' ? param.value : '';
  if (label === '' || !isValidUtf8(label)) throw new QueryError(`invalid label name ${quote(label)}`);
  return label;
}
