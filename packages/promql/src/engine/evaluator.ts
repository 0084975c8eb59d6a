import { EMPTY_LABELS } from '@binnacle/model';
import { aggregate } from '../aggregation/aggregate.ts';
import { scalarScalar, vectorScalar } from '../binary/scalars.ts';
import { setOperator } from '../binary/setOperators.ts';
import { vectorVector } from '../binary/vectorMatching.ts';
import { multiplyHistogram } from '../histogram/arithmetic.ts';
import {
  isSetOperator,
  typeOf,
  unwrapParens,
  type Aggregation,
  type BinaryExpr,
  type Expr,
  type UnaryExpr,
} from '../parser/ast.ts';
import { print } from '../parser/printer.ts';
import type { RangeVector } from '../range/rangeVector.ts';
import { callVector } from './calls.ts';
import { callScalar } from './scalarCalls.ts';
import type { PlanNode } from './explain.ts';
import type { Grid } from './grid.ts';
import { dropNames } from './names.ts';
import type { QueryContext } from './queryContext.ts';
import { FLOAT, HISTOGRAM, Row } from './row.ts';
import { InstantSelectorSource } from './instantSelector.ts';
import { Selections } from './selections.ts';
import { selectRange } from './selectors.ts';
import { isStepInvariant } from './stepInvariance.ts';
import { evaluateSubquery } from './subquery.ts';
import { labelColumn, mapSource, materialize, SeriesList, type VectorSource } from './vectorSource.ts';

/** Evaluates the parts of one query. */
export class Evaluator {
  readonly context: QueryContext;
  readonly selections: Selections;

  constructor(context: QueryContext, query: Expr) {
    this.context = context;
    this.selections = new Selections(context, query);
  }

  /** An expression of type scalar at every step. */
  scalar(expr: Expr, grid: Grid): Float64Array {
    const node = unwrapParens(expr);
    switch (node.kind) {
      case 'number':
        return new Float64Array(grid.count).fill(node.value);
      case 'unary': {
        const values = this.scalar(node.expr, grid);
        return node.operator === '-' ? values.map((value) => -value) : values;
      }
      case 'binary':
        return scalarScalar(node, this.scalar(node.left, grid), this.scalar(node.right, grid));
      case 'call':
        return callScalar(node, grid, this);
      default:
        throw new TypeError(`expected a scalar expression, found ${node.kind}`);
    }
  }

  /** An expression of type instant vector at every step. */
  vector(expr: Expr, grid: Grid): VectorSource {
    if (grid.count > 1 && isStepInvariant(expr)) return this.#invariant(expr, grid);
    const { recorder } = this.context;
    if (recorder === undefined) return this.#vector(expr, grid);
    return recorder.node(print(expr), expr.kind, (node) => this.#traced(this.#vector(expr, grid), node));
  }

  /** An expression of type range vector. */
  range(expr: Expr, grid: Grid): RangeVector {
    const node = unwrapParens(expr);
    const { recorder } = this.context;
    if (recorder === undefined) return this.#range(node, grid);
    return recorder.node(print(node), node.kind, (plan) => {
      const range = this.#range(node, grid);
      plan.series = range.length;
      return {
        ...range,
        read: (index, buffer) => {
          recorder.within(plan, () => range.read(index, buffer));
          plan.samples += buffer.length;
        },
      };
    });
  }

  #range(node: Expr, grid: Grid): RangeVector {
    if (node.kind === 'matrixSelector') return selectRange(node, grid, this.context, this.selections);
    if (node.kind !== 'subquery') throw new TypeError(`expected a range vector, found ${node.kind}`);
    return this.detectingResets(false, () =>
      evaluateSubquery(node, grid, this.context, (inner) => this.vector(node.expr, inner)),
    );
  }

  /**
   * Sets up what is below a function that only needs counts and sums of histograms. Its selectors find out about
   * counter resets themselves; below operators, quantiles and subqueries the buckets are needed, and they do not.
   */
  detectingResets<T>(detect: boolean, work: () => T): T {
    const before = this.selections.detectResets;
    this.selections.detectResets = detect;
    const result = work();
    this.selections.detectResets = before;
    return result;
  }

  #vector(expr: Expr, grid: Grid): VectorSource {
    switch (expr.kind) {
      case 'vectorSelector':
        return new InstantSelectorSource(expr, grid, this.context, this.selections);
      case 'paren':
        return this.#vector(expr.expr, grid);
      case 'unary':
        return this.#unary(expr, grid);
      case 'binary':
        return this.#binary(expr, grid);
      case 'aggregation':
        return this.#aggregation(expr, grid);
      case 'call':
        return callVector(expr, grid, this);
      default:
        throw new TypeError(`expected an instant vector, found ${expr.kind}`);
    }
  }

  /** Evaluates once what is the same at every step, and repeats it. */
  #invariant(expr: Expr, grid: Grid): VectorSource {
    const once: Grid = { startMs: grid.startMs, stepMs: grid.stepMs, count: 1 };
    const list = materialize(this.vector(expr, once), 1, this.context);
    return {
      length: list.length,
      labels: (index) => list.labels(index),
      dropsName: (index) => list.dropsName(index),
      read(index, row) {
        const { row: only } = list.series[index]!;
        row.clear();
        for (let step = 0; step < grid.count; step++) row.copyStep(step, only, 0);
      },
    };
  }

  #unary(expr: UnaryExpr, grid: Grid): VectorSource {
    const source = this.vector(expr.expr, grid);
    if (expr.operator === '+') return source;
    const negated = mapSource(source, {
      row(row) {
        for (let step = 0; step < row.steps; step++) {
          if (row.kinds[step] === FLOAT) row.values[step] = -row.values[step]!;
          else if (row.kinds[step] === HISTOGRAM) {
            row.setHistogram(step, multiplyHistogram(row.histograms[step]!, -1));
          }
        }
      },
    });
    return dropNames(negated, grid, this.context);
  }

  #binary(expr: BinaryExpr, grid: Grid): VectorSource {
    return this.detectingResets(false, () => this.#binaryOperands(expr, grid));
  }

  #binaryOperands(expr: BinaryExpr, grid: Grid): VectorSource {
    const { left, right } = expr;
    if (typeOf(right) === 'scalar') {
      const scalar = this.scalar(right, grid);
      return vectorScalar(expr, this.vector(left, grid), scalar, false, grid, this.context);
    }
    if (typeOf(left) === 'scalar') {
      const scalar = this.scalar(left, grid);
      return vectorScalar(expr, this.vector(right, grid), scalar, true, grid, this.context);
    }
    const operator = isSetOperator(expr.operator) ? setOperator : vectorVector;
    return operator(expr, this.vector(left, grid), this.vector(right, grid), grid, this.context);
  }

  #aggregation(expr: Aggregation, grid: Grid): SeriesList {
    const param =
      expr.param !== undefined && typeOf(expr.param) === 'scalar' ? this.scalar(expr.param, grid) : undefined;
    return aggregate(expr, () => this.vector(expr.expr, grid), param, grid, this.context);
  }

  /** Counts what a source gives and the time that it takes. */
  #traced(source: VectorSource, node: PlanNode): VectorSource {
    const recorder = this.context.recorder!;
    node.series = source.length;
    if (source instanceof SeriesList) {
      for (const { row } of source.series) node.samples += countSamples(row);
      return source;
    }
    return {
      length: source.length,
      labels: (index) => source.labels(index),
      labelColumn: (name) => labelColumn(source, name),
      dropsName: (index) => source.dropsName(index),
      read: (index, row) => {
        recorder.within(node, () => source.read(index, row));
        node.samples += countSamples(row);
      },
    };
  }
}

function countSamples(row: Row): number {
  let count = 0;
  for (const kind of row.kinds) if (kind !== 0) count++;
  return count;
}

/** A vector of one series without labels. */
export function singleSeries(values: Float64Array): SeriesList {
  const row = new Row(values.length);
  for (let step = 0; step < values.length; step++) row.setFloat(step, values[step]!);
  return new SeriesList([{ labels: EMPTY_LABELS, dropsName: false, row }]);
}
