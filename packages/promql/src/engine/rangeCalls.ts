import { METRIC_NAME } from '@binnacle/model';
import { absent } from '../functions/absent.ts';
import { typeOf, type Call, type Expr } from '../parser/ast.ts';
import { quote } from '../text/goText.ts';
import type { RangeCall, RangeFunction } from '../range/rangeFunction.ts';
import { RangeFunctionSource } from '../range/rangeSource.ts';
import { WindowCache } from '../range/windows.ts';
import type { Evaluator } from './evaluator.ts';
import type { Grid } from './grid.ts';
import { dropNames } from './names.ts';
import { ABSENT, FLOAT } from './row.ts';
import { checkExtension } from './selectors.ts';
import { labelColumn, mapSource, type VectorSource } from './vectorSource.ts';

/** A function over a range vector. */
export function callRange(
  node: Call,
  args: readonly Expr[],
  rangeFunction: RangeFunction,
  grid: Grid,
  evaluator: Evaluator,
): VectorSource {
  const { context } = evaluator;
  const matrix = args.find((arg) => typeOf(arg) === 'matrix')!;
  const range = evaluator.range(matrix, grid);
  const { name } = node.func;
  checkExtension(name, range);
  const call: RangeCall = {
    name,
    context,
    grid,
    range,
    scalars: args.filter((arg) => typeOf(arg) === 'scalar').map((arg) => evaluator.scalar(arg, grid)),
    span: args[0]!.span,
    windows: new WindowCache(range, grid),
    index: 0,
  };
  const source = new RangeFunctionSource(rangeFunction, call);
  if (name === 'absent_over_time') return absent(source, matrix, grid, context);
  if (rangeFunction.keepsName === true) return source;
  const checked = name === 'rate' || name === 'increase' ? withCounterHint(source, call) : source;
  return dropNames(checked, grid, context, true);
}

/** Notes metrics that do not look like counters, where rate() and increase() have given floats for them. */
function withCounterHint(source: VectorSource, call: RangeCall): VectorSource {
  const noted = new Set<string>();
  const nameOf = labelColumn(call.range, METRIC_NAME);
  return mapSource(source, {
    row(row, index) {
      const name = nameOf(index);
      if (name === '' || noted.has(name) || !row.kinds.includes(FLOAT)) return;
      if (row.kinds.every((kind) => kind === ABSENT)) return;
      const { context, span } = call;
      if (context.options.features.typeAndUnitLabels) {
        const type = call.range.labels(index).get('__type__');
        if (type === 'counter' || type === 'histogram') return;
        const text = 'metric might not be a counter, __type__ label is not set to "counter" or "histogram"';
        context.info(`${text}, got ${quote(type)}: ${quote(name)}`, span);
        return;
      }
      noted.add(name);
      if (/_(?:total|sum|count|bucket)$/.test(name)) return;
      const text = 'metric might not be a counter, name does not end in _total/_sum/_count/_bucket:';
      context.info(`${text} ${quote(name)}`, span);
    },
  });
}
