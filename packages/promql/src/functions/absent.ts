import { EMPTY_LABELS, LabelsBuilder, METRIC_NAME, type Labels } from '@binnacle/model';
import { unwrapParens, type Expr } from '../parser/ast.ts';
import type { Grid } from '../engine/grid.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { ABSENT, Row } from '../engine/row.ts';
import { rowBytes, SeriesList, type VectorSource } from '../engine/vectorSource.ts';

/** 1 at every step at which a vector has no series, with the labels that its selector asks for. */
export function absent(source: VectorSource, arg: Expr, grid: Grid, context: QueryContext): SeriesList {
  const result = new Row(grid.count);
  context.hold(grid.count, rowBytes(grid.count));
  for (let step = 0; step < grid.count; step++) result.setFloat(step, 1);
  const row = new Row(grid.count);
  for (let i = 0; i < source.length; i++) {
    source.read(i, row);
    for (let step = 0; step < grid.count; step++) {
      if (row.kinds[step] !== ABSENT) result.kinds[step] = ABSENT;
    }
  }
  if (result.isEmpty) return new SeriesList([]);
  return new SeriesList([{ labels: absentLabels(arg), dropsName: false, row: result }]);
}

/** Labels that an equality matcher fixes, unless another matcher speaks of the same label. */
function absentLabels(arg: Expr): Labels {
  const expr = unwrapParens(arg);
  const selector = expr.kind === 'matrixSelector' ? expr.selector : expr;
  if (selector.kind !== 'vectorSelector') return EMPTY_LABELS;
  const builder = new LabelsBuilder();
  const seen = new Set<string>();
  for (const matcher of selector.matchers) {
    if (matcher.name === METRIC_NAME) continue;
    if (matcher.type === '=' && !seen.has(matcher.name)) {
      builder.set(matcher.name, matcher.value);
      seen.add(matcher.name);
    } else builder.delete(matcher.name);
  }
  return builder.build();
}
