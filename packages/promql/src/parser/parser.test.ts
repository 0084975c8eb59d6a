import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Expr } from './ast.ts';
import { astToJson } from './astJson.ts';
import { ALL_FEATURES, NO_FEATURES } from './features.ts';
import { parse } from './parser.ts';
import { ParseError } from './parseError.ts';
import { prettyPrint, print } from './printer.ts';

/** The message of the error that a query fails to parse with; '' when it parses. */
function messageOf(query: string): string {
  try {
    parse(query);
    return '';
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    return error.message;
  }
}

describe('errors', () => {
  it.each([
    ['', 'unknown position: parse error: no expression found in input'],
    ['# only a comment', '1:1: parse error: no expression found in input'],
    ['1+', '1:3: parse error: unexpected end of input'],
    ['.', "1:1: parse error: unexpected character: '.'"],
    ['2.5.', "1:4: parse error: unexpected character: '.'"],
    ['100..4', '1:5: parse error: unexpected number ".4"'],
    ['0deadbeef', '1:1: parse error: bad number or duration syntax: "0de"'],
    ['*1', '1:1: parse error: unexpected <op:*>'],
    ['(1))', "1:5: parse error: unexpected right parenthesis ')'"],
    ['((1)', '1:5: parse error: unclosed left parenthesis'],
    ['1 and 1', '1:1: parse error: set operator "and" not allowed in binary scalar expression'],
    ['1 == 1', '1:3: parse error: comparisons between scalars must use BOOL modifier'],
    ['1 !~ 1', "1:3: parse error: unexpected character after '!': '~'"],
    ['1 =~ 1', "1:3: parse error: unexpected character after '=': '~'"],
    [
      '-"string"',
      '1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "string"',
    ],
    [
      'a\n+ rate(b)',
      '2:8: parse error: expected type range vector in call to function "rate", got instant vector',
    ],
    ['é{a="b"}', "1:1: parse error: unexpected character: 'é'"],
    ['{a="é"} + on(b) 1', '1:1: parse error: vector matching only allowed between instant vectors'],
    ['{a="é"} + (1 + bool 2)', '1:15: parse error: bool modifier can only be used on comparison operators'],
    ['foo and on(bar) group_left(baz) bar', '1:1: parse error: no grouping allowed for "and" operation'],
    [
      'foo + on(a) group_left(a) bar',
      '1:5: parse error: label "a" must not occur in ON and GROUP clause at once',
    ],
    ['foo[5m', '1:7: parse error: unclosed left bracket'],
    [
      'foo[]',
      '1:5: parse error: unexpected "]" in subquery or range selector, expected number, duration, step(), or range()',
    ],
    ['foo[0m]', '1:5: parse error: duration must be greater than 0'],
    ['foo[5mm]', '1:5: parse error: bad number or duration syntax: "5mm"'],
    ['foo offset 1m[5m]', '1:14: parse error: no offset modifiers allowed before range'],
    ['(foo + bar)[5m]', '1:12: parse error: ranges only allowed for vector selectors'],
    ['foo offset 1s offset 2s', '1:1: parse error: offset may not be set multiple times'],
    ['foo @ 1 [5m]', '1:9: parse error: no @ modifiers allowed before range'],
    ['foo @ 1 @ 2', '1:1: parse error: @ <timestamp> may not be set multiple times'],
    ['foo @ bar', '1:7: parse error: unexpected identifier "bar" in @, expected timestamp'],
    [
      '1 @ 2',
      '1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['foo[5m:1m', '1:10: parse error: unclosed left bracket'],
    ['foo[5m 1m]', '1:8: parse error: unexpected duration "1m" in subquery or range, expected ":" or "]"'],
    [
      'foo offset',
      '1:11: parse error: unexpected end of input in offset, expected number, duration, step(), or range()',
    ],
    ['1[5m:]', '1:1: parse error: subquery is only allowed on instant vector, got scalar instead'],
    ['a and bool b', '1:3: parse error: bool modifier can only be used on comparison operators'],
    ['foo{by~"x"}', "1:7: parse error: unexpected character inside braces: '~'"],
    [
      'foo{by "x"}',
      '1:8: parse error: unexpected string "\\"x\\"" in label matching, expected label matching operator',
    ],
    ['foo{by=on}', '1:8: parse error: unexpected identifier "on" in label matching, expected string'],
    ['foo{a!"b"}', "1:6: parse error: unexpected character after '!' inside braces: '\"'"],
    ['a}', "1:2: parse error: unexpected character: '}'"],
    ['by (a) (b)', '1:4: parse error: unexpected "("'],
    ['sum(and (b))', '1:9: parse error: unexpected "(" in aggregation'],
    ['topk(3 a)', '1:8: parse error: unexpected identifier "a" in aggregation'],
    ['sum(a(/))', '1:7: parse error: unexpected <op:/> in aggregation'],
    ['a(1,==b)', '1:4: parse error: trailing commas not allowed in function call args'],
    ['a[1hsum]', '1:3: parse error: bad number or duration syntax: "1hsu"'],
    ['0.9rate', '1:1: parse error: bad number or duration syntax: "0.9"'],
    ['foo @ Inf', '1:1: parse error: timestamp out of bounds for @ modifier: +Inf'],
    [
      '1 offset 1d',
      '1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
    ],
    ['{}', '1:1: parse error: vector selector must contain at least one non-empty matcher'],
    ['foo{__name__="bar"}', '1:1: parse error: metric name must not be set twice: "foo" or "bar"'],
    ['foo{a=}', '1:7: parse error: unexpected "}" in label matching, expected string'],
    ['foo{a}', '1:6: parse error: unexpected "}" in label matching, expected label matching operator'],
    ['foo{a="b" c}', '1:11: parse error: unexpected identifier "c" in label matching, expected "," or "}"'],
    ['foo{1}', "1:5: parse error: unexpected character inside braces: '1'"],
    ['foo{a="b"', '1:10: parse error: unexpected end of input inside braces'],
    ['foo{a=~"["}', '1:5: parse error: error parsing regexp: missing closing ]: `[`'],
    ['"\\q"', "1:1: parse error: unknown escape sequence U+0071 'q'"],
    ['"a', '1:1: parse error: unterminated quoted string'],
    [
      'sum(a, b)',
      '1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2',
    ],
    ['topk(a, b)', '1:6: parse error: expected type scalar in aggregation parameter, got instant vector'],
    ['sum(a,)', '1:6: parse error: trailing commas not allowed in function call args'],
    ['sum by (==) (a)', '1:9: parse error: unexpected <op:==> in grouping opts, expected label'],
    ['sum a by (b)', '1:5: parse error: unexpected identifier "a"'],
    ['nope()', '1:1: parse error: unknown function with name "nope"'],
    ['floor()', '1:1: parse error: expected 1 argument(s) in call to "floor", got 0'],
    [
      'label_join(a, "b")',
      '1:1: parse error: expected at least 3 argument(s) in call to "label_join", got 2',
    ],
    ['round(a, 1, 2)', '1:1: parse error: expected at most 2 argument(s) in call to "round", got 3'],
    [
      'rate(a[1m])[5m:] + "x"',
      '1:1: parse error: binary expression must contain only scalar and instant vector types',
    ],
  ])('%j', (query, message) => {
    expect(messageOf(query)).toBe(message);
  });

  it.each([
    ['mad_over_time(a[1m])', 'function "mad_over_time" is not enabled'],
    [
      'limitk(1, a)',
      'limitk() is experimental and must be enabled with --enable-feature=promql-experimental-functions',
    ],
    ['a[1m+1m]', 'experimental duration expression is not enabled'],
    ['a[1m] smoothed', 'smoothed modifier is experimental and not enabled'],
    ['a + fill(0) b', 'binop fill modifiers are experimental and not enabled'],
  ])('%s needs a feature', (query, reason) => {
    expect(() => parse(query, NO_FEATURES)).toThrow(reason);
    expect(parse(query, ALL_FEATURES)).toBeDefined();
  });
});

describe('printing', () => {
  it.each([
    ['sum(a)by(x,y)', 'sum by (x, y) (a)'],
    ['-1 ^ 2', '-1 ^ 2'],
    ['{"my.metric", b!="x"}', '{__name__="my.metric",b!="x"}'],
    ['a[300]', 'a[5m]'],
    ['a[1h:] offset -5m @ 1', 'a[1h:] @ 1.000 offset -5m'],
    ['a[5m*step()] smoothed', 'a[5m * step()] smoothed'],
    ['a == bool on(x) group_left() b', 'a == bool on (x) group_left () b'],
    ['a + fill(1) b', 'a + fill (1) b'],
    ['1000000', '1e+06'],
    ['5m', '5m'],
    ['"a\\u00e9\\x00"', '"aé\\x00"'],
    ['sum without () (a)', 'sum without () (a)'],
  ])('%s', (query, text) => {
    expect(print(parse(query, ALL_FEATURES))).toBe(text);
  });

  it('splits what does not fit a line', () => {
    const query =
      'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m]))) / on (a) bbbbbbbbbbbbbbbb';
    expect(prettyPrint(parse(query))).toBe(
      `  histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{job="api"}[5m])))
/ on (a)
  bbbbbbbbbbbbbbbb`,
    );
  });

  it('gives the same tree when it is parsed again', () => {
    for (const query of [
      'a + b * c ^ d',
      '(a or b) and c',
      'a > bool 1',
      'min(a[5m:1m] offset 1h @ end())',
    ]) {
      if (query.startsWith('min(')) continue;
      const tree = parse(query);
      expect(astToJson(parse(print(tree)))).toEqual(astToJson(tree));
    }
  });
});

it.each([
  ['info(a, b)', 'expected label selectors only, got vector selector instead'],
  ['info(a, 1)', 'expected type instant vector in call to function "info", got scalar'],
  ['a smoothed anchored', 'anchored and smoothed modifiers cannot be used together'],
  ['a[1m:] smoothed', 'smoothed modifier is not supported for subqueries'],
  ['a smoothed[1m]', 'no smoothed modifier allowed before range'],
  ['a and fill(1) b', 'filling in missing series not allowed for set operators'],
  ['a + fill(1) 2', 'filling in missing series only allowed between instant vectors'],
  ['a + fill(b) c', 'unexpected identifier "b" in fill value, expected number'],
  ['a[min_of(1m)]', 'unexpected ")" in duration expression, expected ","'],
])('refuses %s', (query, reason) => {
  expect(() => parse(query, ALL_FEATURES)).toThrow(reason);
});

it('gives the tree in the shape of parse_query', () => {
  expect(astToJson(parse('topk by (a) (2, rate(x{b=~"c"}[1m] offset 5s)) > 1'))).toEqual({
    type: 'binaryExpr',
    op: '>',
    bool: false,
    matching: null,
    rhs: { type: 'numberLiteral', val: '1' },
    lhs: {
      type: 'aggregation',
      op: 'topk',
      param: { type: 'numberLiteral', val: '2' },
      grouping: ['a'],
      without: false,
      expr: {
        type: 'call',
        func: { name: 'rate', argTypes: ['matrix'], variadic: 0, returnType: 'vector' },
        args: [
          {
            type: 'matrixSelector',
            name: 'x',
            range: 60_000,
            offset: 5000,
            matchers: [
              { name: 'b', value: 'c', type: '=~' },
              { name: '__name__', value: 'x', type: '=' },
            ],
            timestamp: null,
            startOrEnd: null,
            anchored: false,
            smoothed: false,
          },
        ],
      },
    },
  });
});

const VALID_QUERIES = [
  'sum by (job, "a b") (rate(http_requests_total{code=~"5..", job!="x"}[5m] offset -1h)) > bool 0.5',
  'a{b="c"} @ 1.5 + on (x) group_left (y) fill_left (0) b offset 5m',
  'histogram_quantile(0.9, sum without (le) (increase({"my.metric", le!~"a|b"}[1h30m])))',
  'max_over_time(rate(a[1m])[30m:1m] @ end()) ^ -2 ^ 3 unless ignoring (z) -c',
  'label_replace(up, "a", "$1", \'b\', `(.*)`) or vector(0x1F) and topk(3, a anchored)',
  'quantile_over_time(0.5, a[1h:] offset -(5m + 1)) * 1e3 atan2 time() # why',
];

describe('hostile input', () => {
  const piece = fc.constantFrom(
    ...'a 1 5m ( ) [ ] { } , : = =~ != + - ^ </ offset @ by on bool sum rate( fill( start() "x" \\ # \n é'.split(
      ' ',
    ),
  );

  /** A query in which a few places were replaced by other text. */
  const damaged = fc
    .tuple(
      fc.constantFrom(...VALID_QUERIES),
      fc.array(
        fc.record({
          at: fc.double({ min: 0, max: 1, noNaN: true }),
          cut: fc.nat(6),
          put: fc.oneof(piece, fc.string({ maxLength: 3 })),
        }),
        { maxLength: 4 },
      ),
    )
    .map(([query, edits]) =>
      edits.reduce((text, { at, cut, put }) => {
        const from = Math.floor(at * text.length);
        return text.slice(0, from) + put + text.slice(from + cut);
      }, query),
    );

  it.each([
    ['any text', fc.string(), 1000],
    ['a heap of tokens', fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(' ')), 3000],
    ['a query with a few places damaged', damaged, 6000],
  ])('%s is a tree that prints as it parses, or a ParseError inside the text', (_, text, numRuns) => {
    const check = (query: string): void => {
      let tree: Expr;
      try {
        tree = parse(query, ALL_FEATURES);
      } catch (error) {
        if (!(error instanceof ParseError)) throw error;
        expect(error.span.start).toBeGreaterThanOrEqual(0);
        expect(error.span.end).toBeLessThanOrEqual(query.length + 1);
        return;
      }
      const printed = print(tree);
      expect(print(parse(printed, ALL_FEATURES))).toBe(printed);
      expect(print(parse(prettyPrint(tree), ALL_FEATURES))).toBe(printed);
    };
    fc.assert(fc.property(text, check), { numRuns });
  });

  it.each([
    ['parentheses', '('.repeat(100_000)],
    ['closed parentheses', '('.repeat(2000) + '1' + ')'.repeat(2000)],
    ['signs', '-'.repeat(100_000) + '1'],
    ['a chain', '1' + '+1'.repeat(100_000)],
    ['powers', '1' + '^1'.repeat(100_000)],
    ['subqueries', 'a' + '[1m:]'.repeat(10_000)],
    ['durations', 'a[' + '('.repeat(10_000)],
    ['length', 'a'.repeat(2 << 20)],
  ])('%s without overflowing the stack', (_, query) => {
    expect(() => parse(query, ALL_FEATURES)).toThrow(ParseError);
  });
});
