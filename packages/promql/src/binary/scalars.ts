import type { BinaryExpr } from '../parser/ast.ts';
import type { Grid } from '../engine/grid.ts';
import { dropNames } from '../engine/names.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { ABSENT, FLOAT, type Row } from '../engine/row.ts';
import { mapSource, type VectorSource } from '../engine/vectorSource.ts';
import { ElementOperator, operandAt } from './element.ts';
import { arithmeticOf, comparisonOf } from './operators.ts';

/** A binary operator between two scalars, at every step. */
export function scalarScalar(node: BinaryExpr, left: Float64Array, right: Float64Array): Float64Array {
  const comparison = comparisonOf(node.operator);
  const arithmetic = arithmeticOf(node.operator);
  return left.map((value, step) => {
    const other = right[step]!;
    if (comparison !== undefined) return comparison(value, other) ? 1 : 0;
    return arithmetic === undefined ? NaN : arithmetic(value, other);
  });
}

/** A binary operator between a vector and a scalar, which is the left operand when `swapped`. */
export function vectorScalar(
  node: BinaryExpr,
  source: VectorSource,
  scalar: Float64Array,
  swapped: boolean,
  grid: Grid,
  context: QueryContext,
): VectorSource {
  const element = new ElementOperator(node, context);
  const arithmetic = arithmeticOf(node.operator);
  const apply = (row: Row, step: number): void => {
    const value = operandAt(row, step);
    const other = { float: scalar[step]!, histogram: undefined };
    if (swapped) element.apply(other, value, value, row, step);
    else element.apply(value, other, value, row, step);
  };
  const result = mapSource(source, {
    row(row) {
      const { kinds, values } = row;
      for (let step = 0; step < kinds.length; step++) {
        if (kinds[step] === FLOAT && arithmetic !== undefined) {
          values[step] = swapped
            ? arithmetic(scalar[step]!, values[step]!)
            : arithmetic(values[step]!, scalar[step]!);
        } else if (kinds[step] !== ABSENT) apply(row, step);
      }
    },
  });
  const keepsName = !node.returnBool && arithmetic === undefined;
  return keepsName ? result : dropNames(result, grid, context);
}
