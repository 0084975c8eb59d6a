import type { BinaryExpr } from '../parser/ast.ts';
import type { Grid } from '../engine/grid.ts';
import { hasDuplicates, mergeEqual } from '../engine/names.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { ABSENT, Row } from '../engine/row.ts';
import { mapSource, materialize, SeriesList, type VectorSource } from '../engine/vectorSource.ts';
import { Signatures } from './signatures.ts';

/** `and`, `unless` and `or`: at each step the series whose match the other side has, has not, or both sides' union. */
export function setOperator(
  node: BinaryExpr,
  left: VectorSource,
  right: VectorSource,
  grid: Grid,
  context: QueryContext,
): VectorSource {
  const signatures = new Signatures(node.matching!);
  if (node.operator === 'or') return union(left, right, signatures, grid, context);
  const ids = signatures.idsOf(left);
  const present = presence(right, signatures, grid, context);
  const wanted = node.operator === 'and';
  return mapSource(left, {
    row(row, index) {
      const steps = present[ids[index]!];
      if (steps === undefined) {
        if (wanted) row.clear();
        return;
      }
      const { kinds } = row;
      for (let step = 0; step < kinds.length; step++) {
        if ((steps[step] !== 0) !== wanted) kinds[step] = ABSENT;
      }
    },
  });
}

/** For every signature the steps at which some series of a vector has it. */
function presence(
  source: VectorSource,
  signatures: Signatures,
  grid: Grid,
  context: QueryContext,
): (Uint8Array | undefined)[] {
  const ids = signatures.idsOf(source);
  const present: (Uint8Array | undefined)[] = [];
  const row = new Row(grid.count);
  for (let i = 0; i < source.length; i++) {
    source.read(i, row);
    let steps = present[ids[i]!];
    if (steps === undefined) {
      context.hold(0, grid.count);
      steps = new Uint8Array(grid.count);
      present[ids[i]!] = steps;
    }
    for (let step = 0; step < grid.count; step++) if (row.kinds[step] !== ABSENT) steps[step] = 1;
  }
  return present;
}

function union(
  left: VectorSource,
  right: VectorSource,
  signatures: Signatures,
  grid: Grid,
  context: QueryContext,
): VectorSource {
  const kept = materialize(left, grid.count, context);
  const present = presence(kept, signatures, grid, context);
  const ids = signatures.idsOf(right);
  const others = mapSource(right, {
    row(row, index) {
      const steps = present[ids[index]!];
      if (steps === undefined) return;
      for (let step = 0; step < steps.length; step++) if (steps[step] !== 0) row.kinds[step] = ABSENT;
    },
  });
  const added = materialize(others, grid.count, context);
  const all = new SeriesList([...kept.series, ...added.series]);
  return hasDuplicates(all.series.map((series) => series.labels)) ? mergeEqual(all, grid, false) : all;
}
