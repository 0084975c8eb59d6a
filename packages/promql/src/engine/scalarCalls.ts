import type { Call } from '../parser/ast.ts';
import type { Evaluator } from './evaluator.ts';
import { lastTime, timeAt, type Grid } from './grid.ts';
import { FLOAT, Row } from './row.ts';
import type { VectorSource } from './vectorSource.ts';

/** Functions that give a scalar. */
export function callScalar(node: Call, grid: Grid, evaluator: Evaluator): Float64Array {
  const { context } = evaluator;
  const { queryGrid } = context;
  const constant = (value: number): Float64Array => new Float64Array(grid.count).fill(value);
  const arg = (index: number): Float64Array => evaluator.scalar(node.args[index]!, grid);
  switch (node.func.name) {
    case 'pi':
      return constant(Math.PI);
    case 'time':
      return Float64Array.from({ length: grid.count }, (_, step) => timeAt(grid, step) / 1000);
    case 'start':
      return constant(queryGrid.startMs / 1000);
    case 'end':
      return constant(lastTime(queryGrid) / 1000);
    case 'step':
      return constant(context.isRange ? queryGrid.stepMs / 1000 : 0);
    case 'range':
      return constant(context.rangeMs / 1000);
    case 'max_of':
      return zip(arg(0), arg(1), Math.max);
    case 'min_of':
      return zip(arg(0), arg(1), Math.min);
    case 'scalar':
      return onlyFloat(evaluator.vector(node.args[0]!, grid), grid);
    default:
      throw new TypeError(`no scalar function ${node.func.name}`);
  }
}

function zip(a: Float64Array, b: Float64Array, combine: (x: number, y: number) => number): Float64Array {
  return a.map((x, step) => combine(x, b[step]!));
}

/** The one float of a vector at each step; NaN when there is none or more than one. */
function onlyFloat(source: VectorSource, grid: Grid): Float64Array {
  const values = new Float64Array(grid.count).fill(NaN);
  const seen = new Uint8Array(grid.count);
  const row = new Row(grid.count);
  for (let i = 0; i < source.length; i++) {
    source.read(i, row);
    for (let step = 0; step < grid.count; step++) {
      if (row.kinds[step] !== FLOAT) continue;
      values[step] = seen[step] === 0 ? row.values[step]! : NaN;
      seen[step] = 1;
    }
  }
  return values;
}
