import { Matcher, METRIC_NAME, RegexError, type MatcherType } from '@binnacle/model';
import { isValidUtf8, quote } from '../text/goText.ts';
import { unquote } from '../text/unquote.ts';
import type { VectorSelector } from './ast.ts';
import type { Span } from './span.ts';
import type { Token } from './token.ts';
import type { TokenStream } from './tokenStream.ts';

const OPERATORS: ReadonlySet<string> = new Set(['=', '!=', '=~', '!~']);

/** Reads `name{matchers}`, where one of both may be missing. */
export function parseVectorSelector(tokens: TokenStream): VectorSelector {
  const first = tokens.peek();
  let name = '';
  if (first.type === 'identifier' || first.type === 'metricIdentifier') name = tokens.next().text;
  const matchers = tokens.isSymbol('{') ? parseMatchers(tokens) : [];
  if (name !== '') matchers.push(new Matcher('=', METRIC_NAME, name));
  return {
    kind: 'vectorSelector',
    span: { start: first.start, end: tokens.lastEnd },
    name,
    matchers,
    extension: undefined,
    offsetMs: 0,
    offsetExpr: undefined,
    atMs: undefined,
    atPreprocessor: undefined,
  };
}

function parseMatchers(tokens: TokenStream): Matcher[] {
  tokens.next();
  const matchers: Matcher[] = [];
  while (tokens.acceptSymbol('}') === undefined) {
    matchers.push(parseMatcher(tokens));
    if (!tokens.isSymbol('}')) tokens.expectSymbol(',', 'label matching', '"," or "}"');
  }
  return matchers;
}

function parseMatcher(tokens: TokenStream): Matcher {
  const label = tokens.peek();
  if (label.type !== 'label' && label.type !== 'string') {
    tokens.unexpected('label matching', 'identifier or "}"');
  }
  tokens.next();
  const name = label.type === 'string' ? unquote(label.text) : label.text;
  if (!OPERATORS.has(tokens.peek().text)) {
    if (label.type === 'string') return matcher(tokens, label, '=', METRIC_NAME, name);
    tokens.unexpected('label matching', 'label matching operator');
  }
  const operator = tokens.next().text as MatcherType;
  const value: Token = tokens.peek();
  if (value.type !== 'string') tokens.unexpected('label matching', 'string');
  tokens.next();
  const span = { start: label.start, end: value.end };
  if (name === '' || !isValidUtf8(name)) tokens.fail(span, `invalid label name ${quote(name)}`);
  return matcher(tokens, span, operator, name, unquote(value.text));
}

function matcher(tokens: TokenStream, span: Span, type: MatcherType, name: string, value: string): Matcher {
  try {
    return new Matcher(type, name, value);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    return tokens.fail(span, error.cause instanceof Error ? error.cause.message : error.message);
  }
}
