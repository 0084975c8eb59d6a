import { formatGoFloat, type Matcher } from '@binnacle/model';
import type { Expr, VectorMatching, VectorSelector } from './ast.ts';

/** A tree in the shape of Prometheus's `/api/v1/parse_query`, ready for JSON.stringify. */
export function astToJson(expr: Expr): Record<string, unknown> {
  switch (expr.kind) {
    case 'number':
      return { type: 'numberLiteral', val: formatGoFloat(expr.value) };
    case 'string':
      return { type: 'stringLiteral', val: expr.value };
    case 'vectorSelector':
      return { type: 'vectorSelector', ...selectorFields(expr) };
    case 'matrixSelector':
      return { type: 'matrixSelector', range: expr.rangeMs, ...selectorFields(expr.selector) };
    case 'subquery':
      return {
        type: 'subquery',
        expr: astToJson(expr.expr),
        range: expr.rangeMs,
        offset: expr.offsetMs,
        step: expr.stepMs,
        timestamp: expr.atMs ?? null,
        startOrEnd: expr.atPreprocessor ?? null,
      };
    case 'aggregation':
      return {
        type: 'aggregation',
        op: expr.operator,
        expr: astToJson(expr.expr),
        param: expr.param === undefined ? null : astToJson(expr.param),
        grouping: expr.grouping,
        without: expr.without,
      };
    case 'call':
      return {
        type: 'call',
        func: {
          name: expr.func.name,
          argTypes: expr.func.argTypes,
          variadic: expr.func.variadic,
          returnType: expr.func.returnType,
        },
        args: expr.args.map(astToJson),
      };
    case 'binary':
      return {
        type: 'binaryExpr',
        op: expr.operator,
        lhs: astToJson(expr.left),
        rhs: astToJson(expr.right),
        matching: expr.matching === undefined ? null : matchingToJson(expr.matching),
        bool: expr.returnBool,
      };
    case 'unary':
      return { type: 'unaryExpr', op: expr.operator, expr: astToJson(expr.expr) };
    case 'paren':
      return { type: 'parenExpr', expr: astToJson(expr.expr) };
  }
}

function selectorFields(selector: VectorSelector): Record<string, unknown> {
  return {
    name: selector.name,
    offset: selector.offsetMs,
    matchers: selector.matchers.map(matcherToJson),
    timestamp: selector.atMs ?? null,
    startOrEnd: selector.atPreprocessor ?? null,
    anchored: selector.extension === 'anchored',
    smoothed: selector.extension === 'smoothed',
  };
}

function matcherToJson(matcher: Matcher): Record<string, unknown> {
  return { name: matcher.name, value: matcher.value, type: matcher.type };
}

function matchingToJson(matching: VectorMatching): Record<string, unknown> {
  return {
    card: matching.cardinality,
    labels: matching.labels,
    on: matching.on,
    include: matching.include,
    fillValues: { lhs: matching.fillLeft ?? null, rhs: matching.fillRight ?? null },
  };
}
