import { expect, test } from 'vitest';
import { errorSpan } from './errorSpan.ts';

const marked = (expr: string, message: string): string | null => {
  const span = errorSpan(expr, message);
  return span === null ? null : expr.slice(span.from, span.to);
};

test.each([
  ['rate(foo[5m)', 'invalid parameter "query": 1:12: parse error: unexpected ")"', ')'],
  ['sum(foo) bar', '1:10: parse error: unexpected identifier "bar"', 'bar'],
  ['foo +\n  bar{', '2:3: parse error: x', 'bar'],
  ['{a="é"} x', '1:10: parse error: x', 'x'],
  ['rate(foo', '1:9: parse error: unclosed left parenthesis', 'o'],
  ['foo', '9:99: parse error: x', 'o'],
])('%j with %j marks %j', (expr, message, text) => {
  expect(marked(expr, message)).toBe(text);
});

test('a message without a position marks nothing', () => {
  expect(marked('up', 'query timed out in expression evaluation')).toBeNull();
  expect(marked('', '1:1: parse error: no expression found in input')).toBeNull();
});
