import { quote } from '../text/goText.ts';
import { readEscape, UnquoteError } from '../text/unquote.ts';
import type { Token, TokenType } from './token.ts';

/**
 * The tokens of a query. The last one is `eof`, or `error` where the text stops being PromQL: what stands before it
 * can still be parsed, so that the first mistake is the one reported.
 */
export function tokenize(query: string): Token[] {
  return new Lexer(query).run();
}

const SPACE = /[ \t\n\r]/;
const DIGITS = /[0-9]/;
/** A number, decimal or hexadecimal, with `_` between digits. */
const NUMBER = /0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?/y;
const DURATION = /(?:[0-9]+(?:ms|[smhdwy]))+/y;
const BAD_NUMBER =
  /(?:0[xX][0-9a-fA-F_]*|(?:[0-9][0-9_]*\.?[0-9_]*|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]+)?)(?:[smhdwy]s?(?:[0-9]+[smhdwy]s?)*(?:[0-9]+|[a-zA-Z0-9_])?)?/y;
const ALPHANUMERIC = /[a-zA-Z0-9_]/;
const SYMBOLS: readonly string[] = [
  '==',
  '!=',
  '=~',
  '!~',
  '<=',
  '>=',
  '</',
  '>/',
  ...'+-*/%^=<>@,()[]{}'.split(''),
];

class Lexer {
  readonly #query: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #inBraces = false;
  #inBrackets = false;
  #colonSeen = false;
  #parens = 0;

  constructor(query: string) {
    this.#query = query;
  }

  run(): Token[] {
    while (this.#next());
    return this.#tokens;
  }

  /** Adds one token; false after the last one. */
  #next(): boolean {
    const query = this.#query;
    while (this.#at < query.length && SPACE.test(query[this.#at]!)) this.#at++;
    if (this.#at >= query.length) return this.#end();
    const char = query[this.#at]!;
    if (char === '#') {
      const line = query.indexOf('\n', this.#at);
      this.#at = line < 0 ? query.length : line;
      return true;
    }
    if (char === '"' || char === "'" || char === '`') return this.#string(char);
    if (this.#inBraces) return this.#inside(char);
    if (DIGITS.test(char) || (char === '.' && DIGITS.test(query[this.#at + 1] ?? ''))) return this.#number();
    if (/[a-zA-Z_]/.test(char) || (char === ':' && !this.#inBrackets)) return this.#word();
    if (char === ':') return this.#colon();
    return this.#symbol(char);
  }

  #end(): false {
    const at = this.#query.length;
    if (this.#inBraces) return this.#fail('unexpected end of input inside braces', at);
    if (this.#parens > 0) return this.#fail('unclosed left parenthesis', at);
    if (this.#inBrackets) {
      const last = this.#tokens.at(-1)!;
      if (last.text !== '[' && last.text !== ':') return this.#fail('unclosed left bracket', at);
    }
    this.#tokens.push({ type: 'eof', start: at, end: at, text: '' });
    return false;
  }

  #inside(char: string): boolean {
    if (/[a-zA-Z_]/.test(char)) {
      let end = this.#at;
      while (end < this.#query.length && ALPHANUMERIC.test(this.#query[end]!)) end++;
      return this.#push('label', end);
    }
    if (char === '{') return this.#fail("unexpected left brace '{'");
    if (char === '}') {
      this.#inBraces = false;
      return this.#push('symbol', this.#at + 1);
    }
    if (char === ',') return this.#push('symbol', this.#at + 1);
    if (char === '=' || char === '!') {
      const two = this.#query.slice(this.#at, this.#at + 2);
      if (two === '=~' || two === '!~' || two === '!=') return this.#push('symbol', this.#at + 2);
      if (char === '=') return this.#push('symbol', this.#at + 1);
      return this.#failAfter('!', ' inside braces');
    }
    return this.#fail(`unexpected character inside braces: ${this.#rune()}`);
  }

  #symbol(char: string): boolean {
    const text = SYMBOLS.find((symbol) => this.#query.startsWith(symbol, this.#at));
    if (text === undefined) {
      if (char === '!') return this.#failAfter('!');
      return this.#fail(`unexpected character: ${this.#rune()}`);
    }
    switch (text) {
      case '=~':
      case '!~':
        return this.#failAfter(char);
      case '(':
        this.#parens++;
        break;
      case ')':
        if (this.#parens === 0) return this.#fail("unexpected right parenthesis ')'", this.#at + 1);
        this.#parens--;
        break;
      case '{':
        this.#inBraces = true;
        break;
      case '}':
        return this.#fail("unexpected character: '}'");
      case '[':
        if (this.#inBrackets) return this.#fail("unexpected left bracket '['");
        this.#inBrackets = true;
        this.#colonSeen = false;
        break;
      case ']':
        if (!this.#inBrackets) return this.#fail("unexpected right bracket ']'");
        this.#inBrackets = false;
        break;
    }
    return this.#push('symbol', this.#at + text.length);
  }

  #colon(): boolean {
    if (this.#colonSeen) return this.#fail("unexpected colon ':'");
    this.#colonSeen = true;
    return this.#push('symbol', this.#at + 1);
  }

  #word(): boolean {
    const pattern = this.#inBrackets ? ALPHANUMERIC : /[a-zA-Z0-9_:]/;
    let end = this.#at;
    while (end < this.#query.length && pattern.test(this.#query[end]!)) end++;
    const text = this.#query.slice(this.#at, end);
    if (/^(?:inf|nan)$/i.test(text)) return this.#push('number', end);
    return this.#push(text.includes(':') ? 'metricIdentifier' : 'identifier', end);
  }

  #number(): boolean {
    const query = this.#query;
    for (const [type, pattern] of [
      ['number', NUMBER],
      ['duration', DURATION],
    ] as const) {
      pattern.lastIndex = this.#at;
      const text = pattern.exec(query)?.[0];
      if (text === undefined) continue;
      const end = this.#at + text.length;
      if (!ALPHANUMERIC.test(query[end] ?? ' ') && this.#validNumber(text)) return this.#push(type, end);
    }
    // As much as is a number with something like units after it, and the character that is neither.
    BAD_NUMBER.lastIndex = this.#at;
    const end = this.#at + BAD_NUMBER.exec(query)![0].length;
    return this.#fail(`bad number or duration syntax: ${quote(query.slice(this.#at, end))}`);
  }

  #validNumber(text: string): boolean {
    return !/__|_$|_[.eE]|[.eE]_|^0[xX]$/.test(text);
  }

  #string(mark: string): boolean {
    const query = this.#query;
    for (let i = this.#at + 1; ;) {
      const char = query[i];
      if (char === undefined || (char === '\n' && mark !== '`')) {
        return this.#fail(mark === '`' ? 'unterminated raw string' : 'unterminated quoted string');
      }
      if (char === mark) return this.#push('string', i + 1);
      if (char !== '\\' || mark === '`') {
        i++;
        continue;
      }
      try {
        i = readEscape(query, i, mark).end;
      } catch (error) {
        if (error instanceof UnquoteError) return this.#fail(error.message);
        throw error;
      }
    }
  }

  #rune(at = this.#at): string {
    const code = this.#query.codePointAt(at);
    if (code === undefined) return "'\ufffd'";
    const rune = String.fromCodePoint(code);
    return rune === "'" ? "'\\''" : `'${quote(rune).slice(1, -1).replace('\\"', '"')}'`;
  }

  #failAfter(char: string, where = ''): false {
    return this.#fail(`unexpected character after '${char}'${where}: ${this.#rune(this.#at + 1)}`);
  }

  #fail(message: string, at = this.#at): false {
    this.#tokens.push({ type: 'error', start: at, end: at, text: message });
    return false;
  }

  #push(type: TokenType, end: number): true {
    this.#tokens.push({ type, start: this.#at, end, text: this.#query.slice(this.#at, end) });
    this.#at = end;
    return true;
  }
}
