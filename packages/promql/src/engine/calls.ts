import { absent } from '../functions/absent.ts';
import {
  histogramFraction,
  histogramQuantile,
  histogramQuantiles,
  HISTOGRAM_FUNCTIONS,
  ofHistograms,
} from '../functions/histogramFunctions.ts';
import { info } from '../functions/info.ts';
import { labelJoin, labelReplace } from '../functions/labelFunctions.ts';
import { FLOAT_FUNCTIONS, roundTo } from '../functions/math.ts';
import { sortByLabels, sortByValue } from '../functions/sorting.ts';
import { TIME_PARTS } from '../functions/timeParts.ts';
import { typeOf, unwrapParens, type Call, type Expr, type VectorSelector } from '../parser/ast.ts';
import { RANGE_FUNCTIONS } from '../range/registry.ts';
import { singleSeries, type Evaluator } from './evaluator.ts';
import { timeAt, type Grid } from './grid.ts';
import { dropNames } from './names.ts';
import { callRange } from './rangeCalls.ts';
import { ABSENT, FLOAT } from './row.ts';
import { InstantSelectorSource, type InstantMode } from './instantSelector.ts';
import { mapSource, NO_SERIES, type VectorSource } from './vectorSource.ts';

const WITHOUT_BUCKETS: ReadonlySet<string> = new Set(['histogram_count', 'histogram_sum', 'histogram_avg']);

/** Functions that give an instant vector. */
export function callVector(node: Call, grid: Grid, evaluator: Evaluator): VectorSource {
  const { context } = evaluator;
  const { name } = node.func;
  const args = node.args.map(unwrapParens);
  const vector = (index = 0): VectorSource => evaluator.vector(args[index]!, grid);
  const scalar = (index: number): Float64Array => evaluator.scalar(args[index]!, grid);
  const rangeFunction = RANGE_FUNCTIONS.get(name);
  if (rangeFunction !== undefined) return callRange(node, args, rangeFunction, grid, evaluator);
  const floatFunction = FLOAT_FUNCTIONS.get(name);
  if (floatFunction !== undefined) return ofFloats(vector(), floatFunction, grid, evaluator);
  const timePart = TIME_PARTS.get(name);
  if (timePart !== undefined) {
    return args.length === 0
      ? singleSeries(Float64Array.from({ length: grid.count }, (_, i) => timePart(timeAt(grid, i) / 1000)))
      : ofFloats(vector(), timePart, grid, evaluator);
  }
  const histogramFunction = HISTOGRAM_FUNCTIONS.get(name);
  if (histogramFunction !== undefined) {
    const source = evaluator.detectingResets(WITHOUT_BUCKETS.has(name), () => vector());
    return ofHistograms(source, histogramFunction, grid, context);
  }
  switch (name) {
    case 'vector':
      return singleSeries(scalar(0));
    case 'absent':
      return absent(vector(), args[0]!, grid, context);
    case 'clamp':
      return clamp(vector(), scalar(1), scalar(2), grid, evaluator);
    case 'clamp_min':
      return clamp(vector(), scalar(1), new Float64Array(grid.count).fill(Infinity), grid, evaluator);
    case 'clamp_max':
      return clamp(vector(), new Float64Array(grid.count).fill(-Infinity), scalar(1), grid, evaluator);
    case 'round': {
      const nearest = args.length > 1 ? scalar(1) : new Float64Array(grid.count).fill(1);
      return ofFloats(vector(), (x, step) => roundTo(x, nearest[step]!), grid, evaluator);
    }
    case 'label_replace':
      return labelReplace(vector(), stringArgs(args), grid, context);
    case 'label_join':
      return labelJoin(vector(), stringArgs(args), grid, context);
    case 'sort':
    case 'sort_desc':
      return sortByValue(vector(), name === 'sort_desc', grid, context, node.span);
    case 'sort_by_label':
    case 'sort_by_label_desc':
      return sortByLabels(
        vector(),
        stringArgs(args),
        name === 'sort_by_label_desc',
        grid,
        context,
        node.span,
      );
    case 'timestamp':
      return timestamps(args[0]!, 'timestamp', grid, evaluator);
    case 'start_timestamp':
      return timestamps(args[0]!, 'startTimestamp', grid, evaluator);
    case 'info': {
      const base = node.args[0]!;
      return info(vector(), base, args[1] as VectorSelector | undefined, grid, context, evaluator.selections);
    }
    default:
      return callHistogram(node, args, grid, evaluator);
  }
}

function callHistogram(node: Call, args: readonly Expr[], grid: Grid, evaluator: Evaluator): VectorSource {
  const { context } = evaluator;
  const scalar = (index: number): Float64Array => evaluator.scalar(args[index]!, grid);
  const at = args.findIndex((arg) => typeOf(arg) === 'vector');
  const { span } = args[at]!;
  const source = evaluator.detectingResets(false, () => evaluator.vector(args[at]!, grid));
  switch (node.func.name) {
    case 'histogram_quantile':
      return histogramQuantile(source, scalar(0), args[0]!.span, span, grid, context);
    case 'histogram_fraction':
      return histogramFraction(source, scalar(0), scalar(1), span, grid, context);
    case 'histogram_quantiles': {
      const quantiles = args.slice(2).map((arg, i) => ({ q: scalar(i + 2), span: arg.span }));
      return histogramQuantiles(source, stringArgs(args)[0]!, quantiles, span, grid, context);
    }
    default:
      throw new TypeError(`no function ${node.func.name}`);
  }
}

/** Applies a function to floats and leaves histograms out. */
function ofFloats(
  source: VectorSource,
  value: (x: number, step: number) => number,
  grid: Grid,
  evaluator: Evaluator,
): VectorSource {
  const result = mapSource(source, {
    row(row) {
      const { kinds, values } = row;
      for (let step = 0; step < kinds.length; step++) {
        if (kinds[step] === FLOAT) values[step] = value(values[step]!, step);
        else kinds[step] = ABSENT;
      }
      row.hasHistograms = false;
    },
  });
  return dropNames(result, grid, evaluator.context);
}

function clamp(
  source: VectorSource,
  min: Float64Array,
  max: Float64Array,
  grid: Grid,
  evaluator: Evaluator,
): VectorSource {
  const clamped = mapSource(source, {
    row(row) {
      for (let step = 0; step < row.steps; step++) {
        if (row.kinds[step] !== FLOAT || max[step]! < min[step]!) row.kinds[step] = ABSENT;
        else row.values[step] = Math.max(min[step]!, Math.min(max[step]!, row.values[step]!));
      }
      row.hasHistograms = false;
    },
  });
  return dropNames(clamped, grid, evaluator.context);
}

/** timestamp() of a selector is when its samples were taken, of anything else the time of evaluation. */
function timestamps(arg: Expr, mode: InstantMode, grid: Grid, evaluator: Evaluator): VectorSource {
  const { context } = evaluator;
  if (arg.kind === 'vectorSelector') {
    const source = new InstantSelectorSource(arg, grid, context, evaluator.selections, mode);
    return dropNames(source, grid, context);
  }
  if (mode === 'startTimestamp') return NO_SERIES;
  const times = mapSource(evaluator.vector(arg, grid), {
    row(row) {
      for (let step = 0; step < row.steps; step++) {
        if (row.kinds[step] !== ABSENT) row.setFloat(step, timeAt(grid, step) / 1000);
      }
      row.hasHistograms = false;
    },
  });
  return dropNames(times, grid, context);
}

function stringArgs(args: readonly Expr[]): string[] {
  return args.flatMap((arg) => (arg.kind === 'string' ? [arg.value] : []));
}
