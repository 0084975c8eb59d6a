import { quote } from '../text/goText.ts';
import type { DurationExpr, Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import { DurationParser } from './durationParser.ts';
import type { LanguageFeatures } from './features.ts';
import { numberValue, secondsToMs } from './numbers.ts';
import type { Token } from './token.ts';
import type { TokenStream } from './tokenStream.ts';

const MUST_FOLLOW = 'must be preceded by an instant vector selector or range vector selector or a subquery';
/** Reads what follows an expression: `[range]`, `[range:step]`, `offset`, `@`, `anchored` and `smoothed`. */
export class ModifierParser {
  readonly #tokens: TokenStream;
  readonly #features: LanguageFeatures;
  readonly #durations: DurationParser;

  constructor(tokens: TokenStream, features: LanguageFeatures) {
    this.#tokens = tokens;
    this.#features = features;
    this.#durations = new DurationParser(tokens, features.durationExpressions);
  }

  /** The expression with the modifier or range that follows it; undefined when none does. */
  next(expr: Expr): Expr | undefined {
    const tokens = this.#tokens;
    if (tokens.isSymbol('[')) return this.#range(expr);
    if (tokens.acceptWord('offset') !== undefined) return this.#offset(expr);
    if (tokens.acceptSymbol('@') !== undefined) return this.#at(expr);
    const word = tokens.acceptWord('anchored', 'smoothed');
    return word === undefined ? undefined : this.#extension(expr, word);
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
      const magnitude = numberToken(tokens);
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
}

function numberToken(tokens: TokenStream): number {
  const token = tokens.next();
  const value = numberValue(token);
  return value ?? tokens.fail(token, `error parsing number: ${quote(token.text)}`);
}

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
