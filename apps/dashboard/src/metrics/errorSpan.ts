/** Where in an expression a message of the server points, in UTF-16 code units. */
export interface ErrorSpan {
  readonly from: number;
  readonly to: number;
}

/**
 * The span for "line:col: parse error: …". Lines and columns count from one, columns in bytes of UTF-8, as Prometheus
 * counts them. The span covers the word that begins there; a position past the end covers the last character.
 * Null when the message names no position, or the expression is empty.
 */
export function errorSpan(expr: string, message: string): ErrorSpan | null {
  const found = /(?:^|\s)(\d+):(\d+): parse error/.exec(message);
  if (found === null || expr === '') return null;
  const lines = expr.split('\n');
  const line = Math.min(Number(found[1]), lines.length) - 1;
  const before = lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0);
  const at = before + unitsOf(lines[line]!, Number(found[2]) - 1);
  const from = Math.min(at, expr.length - 1);
  const word = /^(?:[\w:.]+|"[^"]*"?|'[^']*'?)/.exec(expr.slice(from));
  return { from, to: from + (word?.[0].length ?? 1) };
}

/** UTF-16 code units of the first `bytes` bytes of a text. */
function unitsOf(text: string, bytes: number): number {
  const encoded = new TextEncoder().encode(text).subarray(0, bytes);
  return new TextDecoder().decode(encoded).length;
}
