/** Why a query failed, as Prometheus's HTTP API classifies it. */
export type QueryErrorCode =
  | 'PROMQL_EXECUTION'
  | 'PROMQL_TIMEOUT'
  | 'PROMQL_CANCELED'
  | 'PROMQL_TOO_MANY_SAMPLES'
  | 'PROMQL_TOO_MUCH_MEMORY'
  | 'PROMQL_BAD_RANGE'
  | 'PROMQL_OVERLOADED';

/** A query that parsed and could not be evaluated. */
export class QueryError extends Error {
  readonly code: QueryErrorCode;

  constructor(message: string, code: QueryErrorCode = 'PROMQL_EXECUTION', options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Two series of one result have the same labels at the same time. */
export function duplicateLabelset(): QueryError {
  return new QueryError('vector cannot contain metrics with the same labelset');
}

/** A query would take more work than its caller wants to do here. Nobody but the caller sees it. */
export class WorkLimitError extends Error {
  override readonly name = 'WorkLimitError';

  constructor() {
    super('the query takes more work than was allowed');
  }
}
