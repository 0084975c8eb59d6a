import type { DurationExpr } from './ast.ts';
import { MAX_DURATION_SECONDS, numberValue } from './numbers.ts';
import type { Span } from './span.ts';
import type { TokenStream } from './tokenStream.ts';

type Operator = Extract<DurationExpr, { kind: 'binary' }>['operator'];

const PRECEDENCE: Readonly<Record<Operator, number>> = { '+': 1, '-': 1, '*': 2, '/': 2, '%': 2, '^': 3 };
const MAX_NESTING = 100;

/** Reads durations: plain ones, and expressions of them. */
export class DurationParser {
  readonly #tokens: TokenStream;
  readonly #expressions: boolean;
  #nesting = 0;

  constructor(tokens: TokenStream, expressions: boolean) {
    this.#tokens = tokens;
    this.#expressions = expressions;
  }

  /** A range or step inside brackets: any duration expression. */
  bracketed(context: string, expected: string): DurationExpr {
    const start = this.#tokens.peek();
    if (!this.#startsDuration()) this.#tokens.unexpected(context, expected);
    return this.#checked(this.#binary(1), start);
  }

  /** What follows `offset`: an optional sign and a number, duration, function or parenthesis. */
  offset(): DurationExpr {
    const start = this.#tokens.peek();
    if (!this.#startsDuration()) this.#tokens.unexpected('offset', 'number, duration, step(), or range()');
    return this.#checked(this.#unary(0), start);
  }

  #startsDuration(): boolean {
    const token = this.#tokens.peek();
    if (token.type === 'number' || token.type === 'duration') return true;
    if (token.type === 'symbol') return token.text === '+' || token.text === '-' || token.text === '(';
    return this.#functionName() !== undefined;
  }

  #functionName(): 'step' | 'range' | 'min_of' | 'max_of' | undefined {
    const word = this.#tokens.word();
    if (!this.#tokens.isSymbol('(', 1)) return undefined;
    return word === 'step' || word === 'range' || word === 'min_of' || word === 'max_of' ? word : undefined;
  }

  /** A plain duration is always allowed, anything more needs the feature. */
  #checked(expr: DurationExpr, start: Span): DurationExpr {
    const plain = expr.kind === 'number' || (expr.kind === 'unary' && expr.expr.kind === 'number');
    if (!plain && !this.#expressions) {
      this.#tokens.fail(
        { start: start.start, end: expr.span.end },
        'experimental duration expression is not enabled',
      );
    }
    return expr;
  }

  #binary(minPrecedence: number): DurationExpr {
    let left = this.#unary(PRECEDENCE['^']);
    for (;;) {
      const token = this.#tokens.peek();
      const operator = token.text as Operator;
      const precedence = token.type === 'symbol' ? PRECEDENCE[operator] : undefined;
      if (precedence === undefined || precedence < minPrecedence) return left;
      this.#tokens.next();
      const right = this.#nested(() => this.#binary(operator === '^' ? precedence : precedence + 1));
      left = {
        kind: 'binary',
        operator,
        left,
        right,
        span: { start: left.span.start, end: right.span.end },
      };
    }
  }

  /** A sign takes in powers (`-2^2` is -4) unless `powers` is 0, as after `offset`. */
  #unary(powers: number): DurationExpr {
    const sign = this.#tokens.acceptSymbol('-') ?? this.#tokens.acceptSymbol('+');
    if (sign === undefined) return this.#atom();
    const expr = this.#nested(() => (powers === 0 ? this.#unary(0) : this.#binary(powers)));
    const span = { start: sign.start, end: expr.span.end };
    if (expr.kind === 'number') return { ...expr, span, value: sign.text === '-' ? -expr.value : expr.value };
    return { kind: 'unary', operator: sign.text as '+' | '-', expr, span };
  }

  #atom(): DurationExpr {
    const tokens = this.#tokens;
    const token = tokens.peek();
    if (token.type === 'number' || token.type === 'duration') {
      tokens.next();
      const value = numberValue(token);
      if (value === undefined || Math.abs(value) > MAX_DURATION_SECONDS) {
        tokens.fail(token, 'duration out of range');
      }
      return {
        kind: 'number',
        value: value!,
        asDuration: token.type === 'duration',
        span: { start: token.start, end: token.end },
      };
    }
    const name = this.#functionName();
    if (name !== undefined) return this.#call(name);
    const open = tokens.acceptSymbol('(');
    if (open === undefined)
      return tokens.unexpected('duration expression', 'number, duration, step(), or range()');
    const expr = this.#nested(() => this.#binary(1));
    const close = tokens.expectSymbol(')', 'duration expression', '")"');
    return { kind: 'paren', expr, span: { start: open.start, end: close.end } };
  }

  #call(kind: 'step' | 'range' | 'min_of' | 'max_of'): DurationExpr {
    const tokens = this.#tokens;
    const { start } = tokens.next();
    tokens.next();
    if (kind === 'step' || kind === 'range') {
      const close = tokens.expectSymbol(')', 'duration expression', '")"');
      return { kind, span: { start, end: close.end } };
    }
    const left = this.#nested(() => this.#binary(1));
    tokens.expectSymbol(',', 'duration expression', '","');
    const right = this.#nested(() => this.#binary(1));
    const close = tokens.expectSymbol(')', 'duration expression', '")"');
    return { kind, left, right, span: { start, end: close.end } };
  }

  #nested<T>(read: () => T): T {
    if (++this.#nesting > MAX_NESTING) {
      this.#tokens.fail(this.#tokens.peek(), `duration expression is nested more than ${MAX_NESTING} deep`);
    }
    const result = read();
    this.#nesting--;
    return result;
  }
}
