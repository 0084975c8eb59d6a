import type { DurationExpr } from '../parser/ast.ts';
import { secondsToMs } from '../parser/numbers.ts';
import type { QueryContext } from './queryContext.ts';
import { QueryError } from './queryError.ts';

/** Milliseconds of a duration that may be an expression of the query's step and range. */
export function durationMs(ms: number, expr: DurationExpr | undefined, context: QueryContext): number {
  return expr === undefined ? ms : secondsToMs(evaluate(expr, context));
}

/** The same for a range or step, which must be positive. Throws QueryError. */
export function positiveDurationMs(
  ms: number,
  expr: DurationExpr | undefined,
  context: QueryContext,
): number {
  const value = durationMs(ms, expr, context);
  if (expr !== undefined && value <= 0) {
    throw new QueryError(`${expr.span.start + 1}: duration must be greater than 0`);
  }
  return value;
}

function evaluate(expr: DurationExpr, context: QueryContext): number {
  switch (expr.kind) {
    case 'number':
      return expr.value;
    case 'step':
      return context.isRange ? context.queryGrid.stepMs / 1000 : 0;
    case 'range':
      return context.rangeMs / 1000;
    case 'paren':
      return evaluate(expr.expr, context);
    case 'unary': {
      const value = evaluate(expr.expr, context);
      return expr.operator === '-' ? -value : value;
    }
    case 'min_of':
      return Math.min(evaluate(expr.left, context), evaluate(expr.right, context));
    case 'max_of':
      return Math.max(evaluate(expr.left, context), evaluate(expr.right, context));
    case 'binary':
      return binary(expr, evaluate(expr.left, context), evaluate(expr.right, context));
  }
}

function binary(expr: Extract<DurationExpr, { kind: 'binary' }>, left: number, right: number): number {
  switch (expr.operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0) throw new QueryError(`${expr.right.span.start + 1}: division by zero`);
      return left / right;
    case '%':
      if (right === 0) throw new QueryError(`${expr.right.span.start + 1}: modulo by zero`);
      return left % right;
    case '^':
      return left ** right;
  }
}
