import { lineColumn, type Span } from './span.ts';

/** A query that is not PromQL. `message` is Prometheus's: `1:5: parse error: unexpected end of input`. */
export class ParseError extends Error {
  readonly code = 'PROMQL_PARSE';
  readonly query: string;
  readonly span: Span;
  /** What is wrong, without the position. */
  readonly reason: string;

  constructor(query: string, span: Span, reason: string) {
    super(`${lineColumn(query, span.start)}: parse error: ${reason}`);
    this.query = query;
    this.span = span;
    this.reason = reason;
  }
}
