import type { MatrixSelector, VectorSelector } from '../parser/ast.ts';
import type { RangeVector } from '../range/rangeVector.ts';
import { durationMs, positiveDurationMs } from './durations.ts';
import { lastTime, type Grid } from './grid.ts';
import type { QueryContext } from './queryContext.ts';
import { QueryError } from './queryError.ts';
import type { Selections } from './selections.ts';
import { labelColumn } from './vectorSource.ts';

/** Where a selector's times lie: a fixed time if it has one, and its offset. */
export function placementOf(
  selector: Pick<VectorSelector, 'offsetMs' | 'offsetExpr' | 'atMs' | 'atPreprocessor'>,
  context: QueryContext,
): { readonly offsetMs: number; readonly atMs: number | undefined } {
  const offsetMs = durationMs(selector.offsetMs, selector.offsetExpr, context);
  const { queryGrid } = context;
  if (selector.atPreprocessor === 'start') return { offsetMs, atMs: queryGrid.startMs };
  if (selector.atPreprocessor === 'end') return { offsetMs, atMs: lastTime(queryGrid) };
  return { offsetMs, atMs: selector.atMs };
}

/** A range selector over the windows of a grid. */
export function selectRange(
  node: MatrixSelector,
  grid: Grid,
  context: QueryContext,
  selections: Selections,
): RangeVector {
  const { selector } = node;
  const rangeMs = positiveDurationMs(node.rangeMs, node.rangeExpr, context);
  const { offsetMs, atMs } = placementOf(selector, context);
  const { extension } = selector;
  const { lookbackMs } = context.options;
  const before = extension === undefined ? 0 : lookbackMs;
  const after = extension === 'smoothed' ? lookbackMs : 0;
  const span = {
    minMs: (atMs ?? grid.startMs) - offsetMs - rangeMs - before + 1,
    maxMs: (atMs ?? lastTime(grid)) - offsetMs + after,
  };
  const series = selections.select(selector.matchers, span, grid.count);
  return {
    rangeMs,
    offsetMs,
    atMs,
    extension,
    isSelector: true,
    span: node.span,
    length: series.set.length,
    labels: (index) => series.set.labels(index),
    labelColumn: (name) => labelColumn(series.set, name),
    dropsName: () => false,
    read: (index, buffer) => series.read(index, buffer),
  };
}

const ANCHORED_FUNCTIONS: readonly string[] = ['changes', 'delta', 'increase', 'rate', 'resets'];
const SMOOTHED_FUNCTIONS: readonly string[] = ['delta', 'increase', 'rate'];

/** Throws when a function cannot work on samples from outside its range. */
export function checkExtension(functionName: string, range: RangeVector): void {
  const { extension } = range;
  if (extension === undefined) return;
  const allowed = extension === 'anchored' ? ANCHORED_FUNCTIONS : SMOOTHED_FUNCTIONS;
  if (allowed.includes(functionName)) return;
  const names = allowed.join(', ');
  throw new QueryError(`${extension} modifier can only be used with: ${names} - not with ${functionName}`);
}
