import { quote } from '../text/goText.ts';
import { unquote } from '../text/unquote.ts';
import type {
  Aggregation,
  AggregationOperator,
  BinaryExpr,
  BinaryOperator,
  Expr,
  NumberLiteral,
} from './ast.ts';
import { checkTypes } from './typeCheck.ts';
import { ModifierParser } from './modifierParser.ts';
import { NO_FEATURES, type LanguageFeatures } from './features.ts';
import { FUNCTIONS } from './functions.ts';
import { parseGroupingLabels } from './groupingParser.ts';
import { parseMatching, type RawMatching } from './matchingParser.ts';
import { numberValue } from './numbers.ts';
import { ParseError } from './parseError.ts';
import { parseVectorSelector } from './selectorParser.ts';
import { AGGREGATORS, WORD_OPERATORS } from './token.ts';
import { TokenStream } from './tokenStream.ts';

export const MAX_QUERY_LENGTH = 1 << 20;
/** Levels of the tree; a chain of binary operators is one level each. */
export const MAX_DEPTH = 500;

/**
 * Parses and type-checks a query. Throws ParseError with Prometheus's text for the first mistake, and for a query
 * that is longer than MAX_QUERY_LENGTH characters or deeper than MAX_DEPTH.
 */
export function parse(query: string, features: LanguageFeatures = NO_FEATURES): Expr {
  if (query.length > MAX_QUERY_LENGTH) {
    throw new ParseError(query.slice(0, 100), { start: 0, end: 0 }, tooLong(query.length));
  }
  return new Parser(query, features).parse();
}

function tooLong(length: number): string {
  return `query is ${length} characters long, the limit is ${MAX_QUERY_LENGTH}`;
}

const PRECEDENCE: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '<': 3,
  '>=': 3,
  '<=': 3,
  '</': 3,
  '>/': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
const NEVER_METRICS: ReadonlySet<string> = new Set([
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'bool',
  'atan2',
]);
/** Words that may name a metric but not a function. */
const NEVER_FUNCTIONS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'unless',
  'by',
  'without',
  'offset',
  'anchored',
  'smoothed',
  'fill',
  'fill_left',
  'fill_right',
]);
const NO_SPAN = { start: 0, end: 0 };

class Parser {
  readonly #tokens: TokenStream;
  readonly #features: LanguageFeatures;
  readonly #modifiers: ModifierParser;
  readonly #matchings = new Map<Expr, RawMatching>();
  #depth = 0;

  constructor(query: string, features: LanguageFeatures) {
    this.#tokens = new TokenStream(query);
    this.#features = features;
    this.#modifiers = new ModifierParser(this.#tokens, features);
  }

  parse(): Expr {
    const tokens = this.#tokens;
    if (tokens.peek().type === 'eof') tokens.fail(NO_SPAN, 'no expression found in input');
    const expr = this.#expression(1);
    if (tokens.peek().type !== 'eof') tokens.unexpected();
    checkTypes(expr, tokens, this.#matchings);
    return expr;
  }

  /** Precedence climbing; `^` is right-associative, everything else left-associative. */
  #expression(minPrecedence: number): Expr {
    const tokens = this.#tokens;
    this.#descend();
    const depth = this.#depth;
    let left = this.#unary();
    for (;;) {
      const operator = this.#operator();
      const precedence = operator === undefined ? 0 : PRECEDENCE[operator];
      if (operator === undefined || precedence < minPrecedence) break;
      tokens.next();
      const matching = parseMatching(tokens, this.#features);
      const right = this.#expression(operator === '^' ? precedence : precedence + 1);
      this.#descend();
      const binary: BinaryExpr = {
        kind: 'binary',
        operator,
        left,
        right,
        returnBool: matching.returnBool,
        matching: matching.forTypes(operator, left, right),
        span: { start: left.span.start, end: right.span.end },
      };
      this.#matchings.set(binary, matching);
      left = binary;
    }
    this.#depth = depth - 1;
    return left;
  }

  #operator(): BinaryOperator | undefined {
    const token = this.#tokens.peek();
    if (token.type === 'symbol' && token.text in PRECEDENCE) return token.text as BinaryOperator;
    const word = this.#tokens.word();
    return WORD_OPERATORS.has(word) ? (word as BinaryOperator) : undefined;
  }

  #unary(): Expr {
    const sign = this.#tokens.acceptSymbol('-') ?? this.#tokens.acceptSymbol('+');
    if (sign === undefined) return this.#postfix(this.#primary());
    const expr = this.#expression(PRECEDENCE['^']);
    const span = { start: sign.start, end: expr.span.end };
    if (expr.kind === 'number') return { ...expr, span, value: sign.text === '-' ? -expr.value : expr.value };
    return { kind: 'unary', operator: sign.text as '+' | '-', expr, span };
  }

  #primary(): Expr {
    const tokens = this.#tokens;
    const token = tokens.peek();
    if (token.type === 'number' || token.type === 'duration') return this.#number();
    if (token.type === 'string') {
      tokens.next();
      return { kind: 'string', value: unquote(token.text), span: { start: token.start, end: token.end } };
    }
    if (tokens.isSymbol('(')) return this.#paren();
    if (tokens.isSymbol('{') || token.type === 'metricIdentifier') return parseVectorSelector(tokens);
    if (token.type !== 'identifier') return tokens.unexpected();
    const word = tokens.word();
    if (AGGREGATORS.has(word) && (tokens.isSymbol('(', 1) || ['by', 'without'].includes(tokens.word(1)))) {
      return this.#aggregation(word as AggregationOperator);
    }
    if (NEVER_METRICS.has(word)) return tokens.unexpected();
    if (tokens.isSymbol('(', 1) && !NEVER_FUNCTIONS.has(word)) return this.#call();
    return parseVectorSelector(tokens);
  }

  #number(): NumberLiteral {
    const token = this.#tokens.next();
    const value = numberValue(token);
    if (value === undefined) this.#tokens.fail(token, `error parsing number: ${quote(token.text)}`);
    return {
      kind: 'number',
      value: value!,
      asDuration: token.type === 'duration',
      span: { start: token.start, end: token.end },
    };
  }

  #paren(): Expr {
    const { start } = this.#tokens.next();
    const expr = this.#expression(1);
    this.#tokens.expectSymbol(')');
    return { kind: 'paren', expr, span: { start, end: this.#tokens.lastEnd } };
  }

  #aggregation(operator: AggregationOperator): Aggregation {
    const tokens = this.#tokens;
    const { start } = tokens.next();
    let modifier = this.#groupingModifier();
    if (!tokens.isSymbol('(')) tokens.unexpected('aggregation');
    tokens.aggregations++;
    const args = this.#args();
    tokens.aggregations--;
    const close = tokens.lastEnd;
    modifier ??= this.#groupingModifier();
    const span = { start, end: tokens.lastEnd };
    const experimental = operator === 'limitk' || operator === 'limit_ratio';
    if (experimental && !this.#features.experimentalFunctions) {
      const flag = '--enable-feature=promql-experimental-functions';
      tokens.fail(span, `${operator}() is experimental and must be enabled with ${flag}`);
    }
    const wanted = WITH_PARAMETER.has(operator) ? 2 : 1;
    if (args.length === 0) {
      tokens.fail({ start, end: close }, 'no arguments for aggregate expression provided');
    }
    if (args.length !== wanted) {
      const counts = `expected ${wanted}, got ${args.length}`;
      tokens.fail(
        { start, end: close },
        `wrong number of arguments for aggregate expression provided, ${counts}`,
      );
    }
    return {
      kind: 'aggregation',
      operator,
      expr: args.at(-1)!,
      param: wanted === 2 ? args[0] : undefined,
      grouping: modifier?.labels ?? [],
      without: modifier?.without ?? false,
      span,
    };
  }

  #groupingModifier(): { readonly without: boolean; readonly labels: readonly string[] } | undefined {
    const word = this.#tokens.acceptWord('by', 'without');
    if (word === undefined) return undefined;
    return { without: word.text.toLowerCase() === 'without', labels: parseGroupingLabels(this.#tokens) };
  }

  #call(): Expr {
    const tokens = this.#tokens;
    const name = tokens.next();
    const args = this.#args();
    const func = FUNCTIONS.get(name.text);
    if (func === undefined) return tokens.fail(name, `unknown function with name ${quote(name.text)}`);
    if (func.experimental && !this.#features.experimentalFunctions) {
      tokens.fail(name, `function ${quote(name.text)} is not enabled`);
    }
    return { kind: 'call', func, args, span: { start: name.start, end: tokens.lastEnd } };
  }

  #args(): Expr[] {
    const tokens = this.#tokens;
    tokens.next();
    const args: Expr[] = [];
    if (tokens.acceptSymbol(')') !== undefined) return args;
    for (;;) {
      args.push(this.#expression(1));
      if (tokens.acceptSymbol(')') !== undefined) return args;
      const comma = tokens.expectSymbol(',');
      if (!this.#startsExpression()) tokens.fail(comma, 'trailing commas not allowed in function call args');
    }
  }

  /** `[range]`, `[range:step]`, `offset`, `@`, `anchored` and `smoothed`, in any number and order. */
  #startsExpression(): boolean {
    const token = this.#tokens.peek();
    if (token.type === 'symbol') return ['(', '{', '+', '-'].includes(token.text);
    if (token.type === 'identifier') return !NEVER_METRICS.has(this.#tokens.word());
    return token.type !== 'eof' && token.type !== 'error';
  }

  #postfix(primary: Expr): Expr {
    const depth = this.#depth;
    let expr = primary;
    for (let next = this.#modifiers.next(expr); next !== undefined; next = this.#modifiers.next(expr)) {
      expr = next;
      this.#descend();
    }
    this.#depth = depth;
    return expr;
  }

  #descend(): void {
    if (++this.#depth > MAX_DEPTH) {
      this.#tokens.fail(this.#tokens.peek(), `query is nested more than ${MAX_DEPTH} levels deep`);
    }
  }
}

const WITH_PARAMETER: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
]);
