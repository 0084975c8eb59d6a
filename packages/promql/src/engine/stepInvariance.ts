import { childrenOf, type Expr } from '../parser/ast.ts';

/** Functions whose result depends on the time of evaluation even when their arguments do not. */
export const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'hour',
  'minute',
  'month',
  'year',
  'predict_linear',
  'time',
  'timestamp',
  'start_timestamp',
]);

/** True when an expression has the same value at every step: its selectors have a fixed time (`@`), or it has none. */
export function isStepInvariant(expr: Expr): boolean {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return true;
    case 'vectorSelector':
    case 'subquery':
      return expr.atMs !== undefined || expr.atPreprocessor !== undefined;
    case 'matrixSelector':
      return isStepInvariant(expr.selector);
    case 'call':
      return !TIME_DEPENDENT.has(expr.func.name) && expr.args.every(isStepInvariant);
    default:
      return childrenOf(expr).every(isStepInvariant);
  }
}
