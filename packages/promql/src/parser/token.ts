import { quote } from '../text/goText.ts';
import type { Span } from './span.ts';

export type TokenType =
  | 'identifier'
  /** A word inside braces, where there are no keywords. */
  | 'label'
  | 'metricIdentifier'
  | 'string'
  | 'number'
  | 'duration'
  /** Operators and punctuation; `text` tells which. */
  | 'symbol'
  | 'eof'
  | 'error';

export interface Token extends Span {
  readonly type: TokenType;
  /** As written; keywords keep their case. The message of an `error`. */
  readonly text: string;
}

export const AGGREGATORS: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
]);

/** Words that are operators when they stand between two expressions. */
export const WORD_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'unless', 'atan2']);

const KEYWORDS: ReadonlySet<string> = new Set([
  'offset',
  'anchored',
  'smoothed',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'fill',
  'fill_left',
  'fill_right',
  'bool',
  'start',
  'end',
  'step',
  'range',
]);
const OPERATORS = '- + * / % ^ == != <= < >= > =~ !~ = @ </ >/'.split(' ');
const NOT_OPERATORS = new Set(['=']);

/** A token as error messages name it: `identifier "foo"`, `<op:*>`, `")"`, `end of input`. */
export function describeToken(token: Token): string {
  switch (token.type) {
    case 'eof':
      return 'end of input';
    case 'error':
      return token.text;
    case 'string':
      return `string ${shortQuote(token.text)}`;
    case 'number':
    case 'duration':
      return `${token.type} ${shortQuote(token.text)}`;
    case 'label':
      return `identifier ${quote(token.text)}`;
    case 'metricIdentifier':
      return `metric identifier ${quote(token.text)}`;
    case 'identifier': {
      const word = token.text.toLowerCase();
      if (AGGREGATORS.has(word)) return `<aggr:${token.text}>`;
      if (KEYWORDS.has(word)) return `<${token.text}>`;
      if (WORD_OPERATORS.has(word)) return `<op:${token.text}>`;
      return `identifier ${quote(token.text)}`;
    }
    case 'symbol':
      return OPERATORS.includes(token.text) && !NOT_OPERATORS.has(token.text)
        ? `<op:${token.text}>`
        : quote(token.text);
  }
}

function shortQuote(text: string): string {
  const chars = [...text];
  return chars.length > 10 ? `${quote(chars.slice(0, 10).join(''))}...` : quote(text);
}
