import type { Matcher } from '@binnacle/model';
import type { FunctionSignature, ValueType } from './functions.ts';
import type { Span } from './span.ts';

/** The tree of a parsed query. Every node knows the part of the query that it came from. */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Aggregation
  | Call
  | BinaryExpr
  | UnaryExpr
  | ParenExpr;

export interface NumberLiteral {
  readonly kind: 'number';
  readonly span: Span;
  readonly value: number;
  /** Written as a duration (`5m` for 300), and printed as one. */
  readonly asDuration: boolean;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly span: Span;
  readonly value: string;
}

/** How a range selector looks beyond its range. */
export type RangeExtension = 'anchored' | 'smoothed';

/** `@` and `offset` of a selector or subquery, and where they end. */
export interface TimeModifiers {
  /** Milliseconds; 0 when there is none or when it is an expression. */
  readonly offsetMs: number;
  readonly offsetExpr: DurationExpr | undefined;
  /** `@ 123.4` in milliseconds. */
  readonly atMs: number | undefined;
  readonly atPreprocessor: 'start' | 'end' | undefined;
}

export interface VectorSelector extends TimeModifiers {
  readonly kind: 'vectorSelector';
  readonly span: Span;
  /** The name in front of the braces or as a quoted string in them; '' when there is none. */
  readonly name: string;
  /** All conditions, that on the metric name last. */
  readonly matchers: readonly Matcher[];
  readonly extension: RangeExtension | undefined;
}

export interface MatrixSelector {
  readonly kind: 'matrixSelector';
  readonly span: Span;
  readonly selector: VectorSelector;
  /** Milliseconds; 0 when it is an expression. */
  readonly rangeMs: number;
  readonly rangeExpr: DurationExpr | undefined;
}

export interface Subquery extends TimeModifiers {
  readonly kind: 'subquery';
  readonly span: Span;
  readonly expr: Expr;
  readonly rangeMs: number;
  readonly rangeExpr: DurationExpr | undefined;
  /** Milliseconds; 0 for the default step. */
  readonly stepMs: number;
  readonly stepExpr: DurationExpr | undefined;
}

export type AggregationOperator =
  | 'sum'
  | 'avg'
  | 'min'
  | 'max'
  | 'count'
  | 'group'
  | 'stddev'
  | 'stdvar'
  | 'topk'
  | 'bottomk'
  | 'quantile'
  | 'count_values'
  | 'limitk'
  | 'limit_ratio';

export interface Aggregation {
  readonly kind: 'aggregation';
  readonly span: Span;
  readonly operator: AggregationOperator;
  readonly expr: Expr;
  readonly param: Expr | undefined;
  readonly grouping: readonly string[];
  readonly without: boolean;
}

export interface Call {
  readonly kind: 'call';
  readonly span: Span;
  readonly func: FunctionSignature;
  readonly args: readonly Expr[];
}

export type BinaryOperator =
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '^'
  | 'atan2'
  | '=='
  | '!='
  | '>'
  | '<'
  | '>='
  | '<='
  | 'and'
  | 'or'
  | 'unless'
  | '</'
  | '>/';

export type Cardinality = 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';

/** How the series of two vectors find each other. */
export interface VectorMatching {
  readonly cardinality: Cardinality;
  readonly labels: readonly string[];
  /** `labels` are those to match on (true) or to ignore (false). */
  readonly on: boolean;
  /** Labels to copy from the "one" side. */
  readonly include: readonly string[];
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
}

export interface BinaryExpr {
  readonly kind: 'binary';
  readonly span: Span;
  readonly operator: BinaryOperator;
  readonly left: Expr;
  readonly right: Expr;
  readonly returnBool: boolean;
  /** Only between two vectors. */
  readonly matching: VectorMatching | undefined;
}

export interface UnaryExpr {
  readonly kind: 'unary';
  readonly span: Span;
  readonly operator: '+' | '-';
  readonly expr: Expr;
}

export interface ParenExpr {
  readonly kind: 'paren';
  readonly span: Span;
  readonly expr: Expr;
}

/** A duration to be computed from the query's step and range, in seconds. */
export type DurationExpr =
  | { readonly kind: 'number'; readonly span: Span; readonly value: number; readonly asDuration: boolean }
  | { readonly kind: 'step' | 'range'; readonly span: Span }
  | {
      readonly kind: 'unary';
      readonly span: Span;
      readonly operator: '+' | '-';
      readonly expr: DurationExpr;
    }
  | {
      readonly kind: 'binary';
      readonly span: Span;
      readonly operator: '+' | '-' | '*' | '/' | '%' | '^';
      readonly left: DurationExpr;
      readonly right: DurationExpr;
    }
  | {
      readonly kind: 'min_of' | 'max_of';
      readonly span: Span;
      readonly left: DurationExpr;
      readonly right: DurationExpr;
    }
  | { readonly kind: 'paren'; readonly span: Span; readonly expr: DurationExpr };

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '>', '<', '>=', '<=']);
const SET_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

export function isComparison(operator: BinaryOperator): boolean {
  return COMPARISONS.has(operator);
}

export function isSetOperator(operator: BinaryOperator): boolean {
  return SET_OPERATORS.has(operator);
}

/** The type of the value that an expression has. */
export function typeOf(expr: Expr): ValueType {
  switch (expr.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vectorSelector':
    case 'aggregation':
      return 'vector';
    case 'matrixSelector':
    case 'subquery':
      return 'matrix';
    case 'call':
      return expr.func.returnType;
    case 'binary':
      return typeOf(expr.left) === 'scalar' && typeOf(expr.right) === 'scalar' ? 'scalar' : 'vector';
    case 'unary':
    case 'paren':
      return typeOf(expr.expr);
  }
}

/** The expression inside any number of parentheses. */
export function unwrapParens(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === 'paren') inner = inner.expr;
  return inner;
}

/** The direct parts of an expression, in the order of the text. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vectorSelector':
    case 'matrixSelector':
      return [];
    case 'aggregation':
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case 'call':
      return expr.args;
    case 'binary':
      return [expr.left, expr.right];
    default:
      return [expr.expr];
  }
}
