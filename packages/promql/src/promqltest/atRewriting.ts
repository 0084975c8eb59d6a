import { isStepInvariant, TIME_DEPENDENT } from '../engine/stepInvariance.ts';
import { childrenOf, type Expr } from '../parser/ast.ts';

/**
 * The expression with a fixed time on every selector that has none, which must give the same result whenever it is
 * evaluated. Undefined when a function in it depends on the time of evaluation.
 */
export function withFixedTime(expr: Expr, atMs: number): Expr | undefined {
  return dependsOnTime(expr) ? undefined : fix(expr, atMs);
}

function dependsOnTime(expr: Expr): boolean {
  if (expr.kind === 'call' && TIME_DEPENDENT.has(expr.func.name)) return true;
  return childrenOf(expr).some(dependsOnTime);
}

function fix(expr: Expr, atMs: number): Expr {
  switch (expr.kind) {
    case 'vectorSelector':
      return isStepInvariant(expr) ? expr : { ...expr, atMs };
    case 'matrixSelector':
      return isStepInvariant(expr) ? expr : { ...expr, selector: { ...expr.selector, atMs } };
    case 'subquery':
      return isStepInvariant(expr) ? expr : { ...expr, atMs };
    case 'call':
      return {
        ...expr,
        args: expr.args.map((arg) => (isInfoSelector(expr.func.name, arg) ? arg : fix(arg, atMs))),
      };
    case 'aggregation':
      return {
        ...expr,
        expr: fix(expr.expr, atMs),
        param: expr.param === undefined ? undefined : fix(expr.param, atMs),
      };
    case 'binary':
      return { ...expr, left: fix(expr.left, atMs), right: fix(expr.right, atMs) };
    case 'unary':
    case 'paren':
      return { ...expr, expr: fix(expr.expr, atMs) };
    default:
      return expr;
  }
}

/** The second argument of info() chooses labels and has no time of its own. */
function isInfoSelector(name: string, arg: Expr): boolean {
  return name === 'info' && arg.kind === 'vectorSelector' && arg.name === '';
}
