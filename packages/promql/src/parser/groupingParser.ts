import { isValidUtf8, quote } from '../text/goText.ts';
import { unquote } from '../text/unquote.ts';
import type { TokenStream } from './tokenStream.ts';

/** Labels in parentheses after by, without, on, ignoring, group_left and group_right. */
export function parseGroupingLabels(tokens: TokenStream): string[] {
  tokens.expectSymbol('(', 'grouping opts', '"("');
  const labels: string[] = [];
  while (tokens.acceptSymbol(')') === undefined) {
    const token = tokens.peek();
    if (token.type !== 'identifier' && token.type !== 'string') tokens.unexpected('grouping opts', 'label');
    tokens.next();
    const label = token.type === 'string' ? unquote(token.text) : token.text;
    if (label === '' || !isValidUtf8(label)) {
      tokens.fail(token, `invalid label name for grouping: ${quote(label)}`);
    }
    labels.push(label);
    if (!tokens.isSymbol(')')) tokens.expectSymbol(',', 'grouping opts', '"," or ")"');
  }
  return labels;
}
