import type { BinaryOperator } from '../parser/ast.ts';

/** Arithmetic of two floats. */
export type Arithmetic = (left: number, right: number) => number;

const ARITHMETIC: Partial<Readonly<Record<BinaryOperator, Arithmetic>>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
};

const COMPARISON: Partial<Readonly<Record<BinaryOperator, (left: number, right: number) => boolean>>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
};

/** The arithmetic of an operator; undefined for comparisons, trims and set operators. */
export function arithmeticOf(operator: BinaryOperator): Arithmetic | undefined {
  return ARITHMETIC[operator];
}

/** The test of a comparison operator; undefined for others. */
export function comparisonOf(
  operator: BinaryOperator,
): ((left: number, right: number) => boolean) | undefined {
  return COMPARISON[operator];
}

/** IEEE 754 pow, where 1 to any power and -1 to an infinite one are 1; JavaScript gives NaN. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Infinity)) return 1;
  return base ** exponent;
}
