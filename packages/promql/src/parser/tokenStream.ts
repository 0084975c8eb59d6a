import { tokenize } from './lexer.ts';
import { ParseError } from './parseError.ts';
import type { Span } from './span.ts';
import { describeToken, type Token } from './token.ts';

/** The tokens of a query with a place to read from. */
export class TokenStream {
  readonly query: string;
  readonly #tokens: readonly Token[];
  #at = 0;
  /** How many aggregations are open; a mistake without a closer context is said to be in one. */
  aggregations = 0;

  constructor(query: string) {
    this.query = query;
    this.#tokens = tokenize(query);
  }

  /** The token to read next, or the one `ahead` of it. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  next(): Token {
    const token = this.peek();
    this.#at++;
    return token;
  }

  /** Where the last token that was read ends. */
  get lastEnd(): number {
    return this.#at === 0 ? 0 : this.#tokens[this.#at - 1]!.end;
  }

  isSymbol(text: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === 'symbol' && token.text === text;
  }

  /** The next token in lower case when it is a word, '' otherwise. */
  word(ahead = 0): string {
    const token = this.peek(ahead);
    return token.type === 'identifier' ? token.text.toLowerCase() : '';
  }

  acceptSymbol(text: string): Token | undefined {
    return this.isSymbol(text) ? this.next() : undefined;
  }

  acceptWord(...words: readonly string[]): Token | undefined {
    return words.includes(this.word()) ? this.next() : undefined;
  }

  expectSymbol(text: string, context = '', expected = ''): Token {
    return this.acceptSymbol(text) ?? this.unexpected(context, expected);
  }

  /** Throws for the next token: `unexpected X in <context>, expected <expected>`. */
  unexpected(context = '', expected = ''): never {
    const token = this.peek();
    if (token.type === 'error') this.fail(token, token.text);
    const place = context === '' && this.aggregations > 0 ? 'aggregation' : context;
    const where = place === '' ? '' : ` in ${place}`;
    const wanted = expected === '' ? '' : `, expected ${expected}`;
    this.fail(token, `unexpected ${describeToken(token)}${where}${wanted}`);
  }

  fail(span: Span, reason: string): never {
    throw new ParseError(this.query, span, reason);
  }
}
