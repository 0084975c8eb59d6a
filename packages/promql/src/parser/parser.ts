import { quote } from '../text/goText.ts';
import { unquote } from '../text/unquote.ts';
import type {
  Aggregation,
  AggregationOperator,
  BinaryExpr,
  BinaryOperator,
  DurationExpr,
  Expr,
  MatrixSelector,
  NumberLiteral,
  Subquery,
  VectorSelector,
} from './ast.ts';
import { checkTypes } from './typeCheck.ts';
import { DurationParser } from './durationParser.ts';
import { NO_FEATURES, type LanguageFeatures } from './features.ts';
import { FUNCTIONS } from './functions.ts';
import { parseGroupingLabels } from './groupingParser.ts';
import { parseMatching, type RawMatching } from './matchingParser.ts';
import { numberValue, secondsToMs } from './numbers.ts';
import { ParseError } from './parseError.ts';
import { parseVectorSelector } from './selectorParser.ts';
import { AGGREGATORS, WORD_OPERATORS, type Token } from './token.ts';
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
const NO_SPAN = { start: 0, end: 0 };

class Parser {
  readonly #tokens: TokenStream;
  readonly #features: LanguageFeatures;
  readonly #durations: DurationParser;
  readonly #matchings = new Map<Expr, RawMatching>();
  #depth = 0;

  constructor(query: string, features: LanguageFeatures) {
    this.#tokens = new TokenStream(query);
    this.#features = features;
    this.#durations = new DurationParser(this.#tokens, features.durationExpressions);
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
    if (tokens.isSymbol('(', 1)) return this.#call();
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
    const args = this.#args();
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
      if (tokens.isSymbol(')')) tokens.fail(comma, 'trailing commas not allowed in function call args');
    }
  }

  /** `[range]`, `[range:step]`, `offset`, `@`, `anchored` and `smoothed`, in any number and order. */
  #postfix(primary: Expr): Expr {
    const tokens = this.#tokens;
    const depth = this.#depth;
    let expr = primary;
    for (;;) {
      if (tokens.isSymbol('[')) expr = this.#range(expr);
      else if (tokens.acceptWord('offset') !== undefined) expr = this.#offset(expr);
      else if (tokens.acceptSymbol('@') !== undefined) expr = this.#at(expr);
      else {
        const word = tokens.acceptWord('anchored', 'smoothed');
        if (word === undefined) break;
        expr = this.#extension(expr, word);
      }
      this.#descend();
    }
    this.#depth = depth;
    return expr;
  }

  #range(expr: Expr): MatrixSelector | Subquery {
    const tokens = this.#tokens;
    const open = tokens.next();
    const context = 'subquery or range selector';
    const range = this.#durations.bracketed(context, 'number, duration, step(), or range()');
    if (range.kind === 'number' && range.value <= 0) {
      tokens.fail(range.span, 'duration must be greater than 0');
    }
    const rangeMs = range.kind === 'number' ? secondsToMs(range.value) : 0;
    const rangeExpr = range.kind === 'number' ? undefined : range;
    if (tokens.acceptSymbol(':') !== undefined) return this.#subquery(expr, rangeMs, rangeExpr);
    const close = tokens.expectSymbol(']', 'subquery or range', '":" or "]"');
    const where = { start: open.start, end: close.end };
    if (expr.kind !== 'vectorSelector') return tokens.fail(where, 'ranges only allowed for vector selectors');
    if (hasOffset(expr)) tokens.fail(where, 'no offset modifiers allowed before range');
    if (hasAt(expr)) tokens.fail(where, 'no @ modifiers allowed before range');
    if (expr.extension !== undefined) {
      tokens.fail(where, `no ${expr.extension} modifier allowed before range`);
    }
    return {
      kind: 'matrixSelector',
      selector: expr,
      rangeMs,
      rangeExpr,
      span: { start: expr.span.start, end: close.end },
    };
  }

  #subquery(expr: Expr, rangeMs: number, rangeExpr: DurationExpr | undefined): Subquery {
    const tokens = this.#tokens;
    let stepMs = 0;
    let stepExpr: DurationExpr | undefined;
    if (!tokens.isSymbol(']')) {
      const expected = 'number, duration, step(), range(), or "]"';
      const step = this.#durations.bracketed('subquery selector', expected);
      if (step.kind === 'number' && step.value <= 0) {
        tokens.fail(step.span, 'duration must be greater than 0');
      }
      if (step.kind === 'number') stepMs = secondsToMs(step.value);
      else stepExpr = step;
    }
    tokens.expectSymbol(']', 'subquery selector', '"]"');
    return {
      kind: 'subquery',
      expr,
      rangeMs,
      rangeExpr,
      stepMs,
      stepExpr,
      offsetMs: 0,
      offsetExpr: undefined,
      atMs: undefined,
      atPreprocessor: undefined,
      span: { start: expr.span.start, end: tokens.lastEnd },
    };
  }

  #offset(expr: Expr): Expr {
    const tokens = this.#tokens;
    const offset = this.#durations.offset();
    const selector = modifiable(expr);
    if (selector === undefined) return tokens.fail(expr.span, `offset modifier ${MUST_FOLLOW}`);
    if (hasOffset(selector)) tokens.fail(expr.span, 'offset may not be set multiple times');
    return withModifiers(expr, tokens.lastEnd, {
      offsetMs: offset.kind === 'number' ? secondsToMs(offset.value) : 0,
      offsetExpr: offset.kind === 'number' ? undefined : offset,
    });
  }

  #at(expr: Expr): Expr {
    const tokens = this.#tokens;
    const word = tokens.word();
    let change: { atMs: number } | { atPreprocessor: 'start' | 'end' };
    if ((word === 'start' || word === 'end') && tokens.isSymbol('(', 1)) {
      tokens.next();
      tokens.next();
      tokens.expectSymbol(')', '@', 'timestamp');
      change = { atPreprocessor: word };
    } else {
      const sign = tokens.acceptSymbol('-') ?? tokens.acceptSymbol('+');
      const token = tokens.peek();
      if (token.type !== 'number' && token.type !== 'duration') tokens.unexpected('@', 'timestamp');
      const magnitude = this.#number().value;
      const seconds = sign?.text === '-' ? -magnitude : magnitude;
      if (!(Math.abs(seconds) < 2 ** 63 / 1000)) {
        tokens.fail(expr.span, `timestamp out of bounds for @ modifier: ${formatF(seconds)}`);
      }
      change = { atMs: Math.round(seconds * 1000) };
    }
    const selector = modifiable(expr);
    if (selector === undefined) return tokens.fail(expr.span, `@ modifier ${MUST_FOLLOW}`);
    if (hasAt(selector)) tokens.fail(expr.span, '@ <timestamp> may not be set multiple times');
    return withModifiers(expr, tokens.lastEnd, change);
  }

  #extension(expr: Expr, word: Token): Expr {
    const tokens = this.#tokens;
    const extension = word.text.toLowerCase() as 'anchored' | 'smoothed';
    if (!this.#features.extendedRangeSelectors) {
      tokens.fail(expr.span, `${extension} modifier is experimental and not enabled`);
    }
    if (expr.kind === 'subquery') {
      tokens.fail(expr.span, `${extension} modifier is not supported for subqueries`);
    }
    const selector = modifiable(expr);
    if (selector === undefined || selector.kind === 'subquery') {
      const what = 'must be preceded by an instant vector selector or range vector selector';
      return tokens.fail(expr.span, `${extension} modifier ${what}`);
    }
    if (selector.extension !== undefined) {
      const pair = 'anchored and smoothed modifiers cannot be used together';
      tokens.fail(
        expr.span,
        selector.extension === extension ? `${extension} may not be set multiple times` : pair,
      );
    }
    return withModifiers(expr, tokens.lastEnd, { extension });
  }

  #descend(): void {
    if (++this.#depth > MAX_DEPTH) {
      this.#tokens.fail(this.#tokens.peek(), `query is nested more than ${MAX_DEPTH} levels deep`);
    }
  }
}

const MUST_FOLLOW = 'must be preceded by an instant vector selector or range vector selector or a subquery';
const WITH_PARAMETER: ReadonlySet<string> = new Set([
  'topk',
  'bottomk',
  'quantile',
  'count_values',
  'limitk',
  'limit_ratio',
]);

/** The node that holds the time modifiers of an expression, if it can have any. */
function modifiable(expr: Expr): VectorSelector | Subquery | undefined {
  if (expr.kind === 'matrixSelector') return expr.selector;
  return expr.kind === 'vectorSelector' || expr.kind === 'subquery' ? expr : undefined;
}

function withModifiers(
  expr: Expr,
  end: number,
  change: Partial<Pick<VectorSelector, 'offsetMs' | 'offsetExpr' | 'atMs' | 'atPreprocessor' | 'extension'>>,
): Expr {
  const span = { start: expr.span.start, end };
  if (expr.kind === 'matrixSelector') return { ...expr, span, selector: { ...expr.selector, ...change } };
  return { ...expr, ...change, span } as VectorSelector | Subquery;
}

function hasOffset(expr: VectorSelector | Subquery): boolean {
  return expr.offsetMs !== 0 || expr.offsetExpr !== undefined;
}

function hasAt(expr: VectorSelector | Subquery): boolean {
  return expr.atMs !== undefined || expr.atPreprocessor !== undefined;
}

/** Go's `%f`. */
function formatF(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? value.toFixed(6) : value > 0 ? '+Inf' : '-Inf';
}
