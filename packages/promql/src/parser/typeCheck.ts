import { METRIC_NAME } from '@binnacle/model';
import { quote } from '../text/goText.ts';
import {
  isComparison,
  isSetOperator,
  typeOf,
  type Aggregation,
  type BinaryExpr,
  type Call,
  type Expr,
  type VectorSelector,
} from './ast.ts';
import { TYPE_NAMES, type ValueType } from './functions.ts';
import type { RawMatching } from './matchingParser.ts';
import type { Span } from './span.ts';
import type { TokenStream } from './tokenStream.ts';

/** Checks types, arities and matching rules of a whole tree. Throws ParseError for the first mistake. */
export function checkTypes(expr: Expr, tokens: TokenStream, matchings: ReadonlyMap<Expr, RawMatching>): void {
  new Checker(tokens, matchings).check(expr);
}

class Checker {
  readonly #tokens: TokenStream;
  readonly #matchings: ReadonlyMap<Expr, RawMatching>;

  constructor(tokens: TokenStream, matchings: ReadonlyMap<Expr, RawMatching>) {
    this.#tokens = tokens;
    this.#matchings = matchings;
  }

  check(expr: Expr): ValueType {
    switch (expr.kind) {
      case 'aggregation':
        this.#aggregation(expr);
        break;
      case 'binary':
        this.#binary(expr);
        break;
      case 'call':
        this.#call(expr);
        break;
      case 'paren':
        this.check(expr.expr);
        break;
      case 'unary': {
        const type = this.check(expr.expr);
        if (type !== 'scalar' && type !== 'vector') {
          const allowed = 'unary expression only allowed on expressions of type scalar or instant vector';
          this.#fail(expr.span, `${allowed}, got ${quote(TYPE_NAMES[type])}`);
        }
        break;
      }
      case 'subquery': {
        const type = this.check(expr.expr);
        if (type !== 'vector') {
          this.#fail(expr.span, `subquery is only allowed on instant vector, got ${type} instead`);
        }
        break;
      }
      case 'matrixSelector':
        this.#selector(expr.selector, false);
        break;
      case 'vectorSelector':
        this.#selector(expr, false);
        break;
    }
    return typeOf(expr);
  }

  #aggregation(node: Aggregation): void {
    this.#expect(node.expr, 'vector', 'aggregation expression');
    if (node.param === undefined) return;
    this.#expect(node.param, node.operator === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
  }

  #binary(node: BinaryExpr): void {
    const left = this.check(node.left);
    const right = this.check(node.right);
    const matching = this.#matchings.get(node)!;
    if (node.returnBool && !isComparison(node.operator)) {
      this.#fail(this.#operatorSpan(node), 'bool modifier can only be used on comparison operators');
    }
    if (isComparison(node.operator) && !node.returnBool && left === 'scalar' && right === 'scalar') {
      this.#fail(this.#operatorSpan(node), 'comparisons between scalars must use BOOL modifier');
    }
    const twice = matching.on ? matching.labels.find((label) => matching.include.includes(label)) : undefined;
    if (twice !== undefined) {
      this.#fail(
        this.#operatorSpan(node),
        `label ${quote(twice)} must not occur in ON and GROUP clause at once`,
      );
    }
    for (const side of [node.left, node.right]) {
      const type = typeOf(side);
      if (type !== 'scalar' && type !== 'vector') {
        this.#fail(side.span, 'binary expression must contain only scalar and instant vector types');
      }
    }
    const fills = matching.fillLeft !== undefined || matching.fillRight !== undefined;
    if (left !== 'vector' || right !== 'vector') {
      if (matching.labels.length > 0) {
        this.#fail(node.span, 'vector matching only allowed between instant vectors');
      }
      if (fills) this.#fail(node.span, 'filling in missing series only allowed between instant vectors');
      if (isSetOperator(node.operator)) {
        this.#fail(node.span, `set operator ${quote(node.operator)} not allowed in binary scalar expression`);
      }
      return;
    }
    if (!isSetOperator(node.operator)) return;
    if (matching.cardinality !== 'one-to-one') {
      this.#fail(node.span, `no grouping allowed for ${quote(node.operator)} operation`);
    }
    if (fills) this.#fail(node.span, 'filling in missing series not allowed for set operators');
  }

  #call(node: Call): void {
    const { func, args } = node;
    const wanted = func.argTypes.length;
    const name = quote(func.name);
    if (func.variadic === 0) {
      if (args.length !== wanted) {
        this.#fail(node.span, `expected ${wanted} argument(s) in call to ${name}, got ${args.length}`);
      }
    } else {
      const least = wanted - 1;
      const most = least + func.variadic;
      if (args.length < least) {
        this.#fail(
          node.span,
          `expected at least ${least} argument(s) in call to ${name}, got ${args.length}`,
        );
      }
      if (func.variadic > 0 && args.length > most) {
        this.#fail(node.span, `expected at most ${most} argument(s) in call to ${name}, got ${args.length}`);
      }
    }
    if (func.name === 'info' && args[1] !== undefined) this.#infoSelector(args[1]);
    args.forEach((arg, index) => {
      const wantedType = func.argTypes[Math.min(index, wanted - 1)]!;
      if (func.name === 'info' && index === 1) return;
      this.#expect(arg, wantedType, `call to function ${name}`);
    });
  }

  /** The second argument of info() selects labels, not series: it may match anything but names no metric. */
  #infoSelector(arg: Expr): void {
    if (typeOf(arg) !== 'vector') {
      const found = TYPE_NAMES[typeOf(arg)];
      this.#fail(arg.span, `expected type instant vector in call to function "info", got ${found}`);
    }
    if (arg.kind !== 'vectorSelector') return this.#fail(arg.span, 'expected label selectors only');
    if (arg.name !== '') {
      this.#fail(arg.span, 'expected label selectors only, got vector selector instead');
    }
    this.#selector(arg, true);
  }

  #selector(node: VectorSelector, mayBeEmpty: boolean): void {
    if (node.name !== '') {
      const other = node.matchers.slice(0, -1).find((matcher) => matcher.name === METRIC_NAME);
      if (other === undefined) return;
      const names = `${quote(node.name)} or ${quote(other.value)}`;
      this.#fail(node.span, `metric name must not be set twice: ${names}`);
    }
    if (!mayBeEmpty && node.matchers.every((matcher) => matcher.matchesEmpty)) {
      this.#fail(node.span, 'vector selector must contain at least one non-empty matcher');
    }
  }

  #expect(expr: Expr, wanted: ValueType, context: string): void {
    const type = this.check(expr);
    if (type === wanted) return;
    this.#fail(expr.span, `expected type ${TYPE_NAMES[wanted]} in ${context}, got ${TYPE_NAMES[type]}`);
  }

  /** The operator with its modifiers, without the space around. */
  #operatorSpan(node: BinaryExpr): Span {
    const { query } = this.#tokens;
    let { end: start } = node.left.span;
    while (/\s/.test(query[start]!)) start++;
    return { start, end: node.right.span.start };
  }

  #fail(span: Span, reason: string): never {
    return this.#tokens.fail(span, reason);
  }
}
