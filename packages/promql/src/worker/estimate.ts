import { childrenOf, type Expr, type VectorSelector } from '../parser/ast.ts';
import type { Queryable, SelectRange, ShareableQueryable } from '../storage.ts';

/** How often series are sampled, for guessing; a wrong guess costs time, not correctness. */
const ASSUMED_INTERVAL_MS = 15_000;

type CountableStore = Queryable & Pick<ShareableQueryable, 'countSeries'>;

/**
 * About how many samples and steps a query goes through. Selectors in subqueries count for their own steps.
 */
export function estimateWork(expr: Expr, range: SelectRange, steps: number, store: CountableStore): number {
  if (expr.kind === 'vectorSelector') return work(expr, 0, range, steps, store);
  if (expr.kind === 'matrixSelector') return work(expr.selector, expr.rangeMs, range, steps, store);
  if (expr.kind === 'subquery') {
    const stepMs = expr.stepMs || 60_000;
    const wider = { minMs: range.minMs - expr.rangeMs, maxMs: range.maxMs };
    return estimateWork(expr.expr, wider, Math.ceil((wider.maxMs - wider.minMs) / stepMs), store);
  }
  let total = 0;
  for (const child of childrenOf(expr)) total += estimateWork(child, range, steps, store);
  return total;
}

function work(
  selector: VectorSelector,
  rangeMs: number,
  range: SelectRange,
  steps: number,
  store: CountableStore,
): number {
  const read = { minMs: range.minMs - rangeMs, maxMs: range.maxMs };
  const { matchers } = selector;
  const series = store.countSeries?.(matchers, read) ?? store.select(matchers, read).length;
  return series * (steps + (read.maxMs - read.minMs) / ASSUMED_INTERVAL_MS + 1);
}
