import type { FloatHistogram } from '@binnacle/model';
import type { BinaryExpr } from '../parser/ast.ts';
import type { QueryContext } from '../engine/queryContext.ts';
import { ABSENT, FLOAT, type Row } from '../engine/row.ts';
import { MixedSchemasError } from '../histogram/accumulator.ts';
import { combineHistograms, divideHistogram, multiplyHistogram } from '../histogram/arithmetic.ts';
import { histogramsEqual } from '../histogram/compare.ts';
import { trimHistogram } from '../histogram/trim.ts';
import { arithmeticOf, comparisonOf } from './operators.ts';

/** A value of either kind. */
export interface Operand {
  readonly float: number;
  readonly histogram: FloatHistogram | undefined;
}

/** The value of a row at a step, which must have one. */
export function operandAt(row: Row, step: number): Operand {
  return row.kinds[step] === FLOAT
    ? { float: row.values[step]!, histogram: undefined }
    : { float: 0, histogram: row.histograms[step]! };
}

/** Applies a binary operator to two values and writes what it gives, if anything, to a row. */
export class ElementOperator {
  readonly #node: BinaryExpr;
  readonly #context: QueryContext;
  readonly #arithmetic;
  readonly #comparison;

  constructor(node: BinaryExpr, context: QueryContext) {
    this.#node = node;
    this.#context = context;
    this.#arithmetic = arithmeticOf(node.operator);
    this.#comparison = comparisonOf(node.operator);
  }

  /** `kept` is what a comparison that holds leaves: the left value, or the vector's where the other is a scalar. */
  apply(left: Operand, right: Operand, kept: Operand, row: Row, step: number): void {
    if (left.histogram !== undefined || right.histogram !== undefined) {
      this.#applyHistograms(left, right, kept, row, step);
    } else if (this.#comparison !== undefined) {
      this.#keep(this.#comparison(left.float, right.float), kept, row, step);
    } else if (this.#arithmetic === undefined) {
      this.#incompatible('float', 'float', row, step);
    } else row.setFloat(step, this.#arithmetic(left.float, right.float));
  }

  #applyHistograms(left: Operand, right: Operand, kept: Operand, row: Row, step: number): void {
    const { operator } = this.#node;
    const { histogram: a } = left;
    const { histogram: b } = right;
    if (a !== undefined && b !== undefined) return this.#both(a, b, kept, row, step);
    if (a === undefined) {
      if (operator === '*') row.setHistogram(step, multiplyHistogram(b!, left.float));
      else this.#incompatible('float', 'histogram', row, step);
      return;
    }
    switch (operator) {
      case '*':
        return row.setHistogram(step, multiplyHistogram(a, right.float));
      case '/':
        return row.setHistogram(step, divideHistogram(a, right.float));
      case '</':
      case '>/':
        return row.setHistogram(step, trimHistogram(a, operator, right.float));
      default:
        this.#incompatible('histogram', 'float', row, step);
    }
  }

  #both(a: FloatHistogram, b: FloatHistogram, kept: Operand, row: Row, step: number): void {
    const { operator } = this.#node;
    if (operator === '==' || operator === '!=') {
      return this.#keep(histogramsEqual(a, b) === (operator === '=='), kept, row, step);
    }
    if (operator !== '+' && operator !== '-') return this.#incompatible('histogram', 'histogram', row, step);
    const { span } = this.#node;
    const operation = operator === '+' ? 'addition' : 'subtraction';
    try {
      const { histogram, combined } = combineHistograms(a, b, operator === '+' ? 1 : -1);
      if (combined.hintCollision) this.#context.warnCollision(operation, span);
      if (combined.boundsReconciled) this.#context.infoReconciled(operation, span);
      row.setHistogram(step, operator === '+' ? histogram : { ...histogram, counterResetHint: 'gauge' });
    } catch (error) {
      if (!(error instanceof MixedSchemasError)) throw error;
      row.kinds[step] = ABSENT;
      this.#context.warn(`incompatible bucket layout encountered for binary operator ${operator}`, span);
    }
  }

  #keep(holds: boolean, kept: Operand, row: Row, step: number): void {
    if (this.#node.returnBool) row.setFloat(step, holds ? 1 : 0);
    else if (!holds) row.kinds[step] = ABSENT;
    else if (kept.histogram === undefined) row.setFloat(step, kept.float);
    else row.setHistogram(step, kept.histogram);
  }

  #incompatible(left: string, right: string, row: Row, step: number): void {
    row.kinds[step] = ABSENT;
    const { operator, span } = this.#node;
    const text = `incompatible sample types encountered for binary operator "${operator}"`;
    this.#context.info(`${text}: ${left} ${operator} ${right}`, span);
  }
}
