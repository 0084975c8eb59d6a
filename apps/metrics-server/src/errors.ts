/** Error types of Prometheus's HTTP API and the status of an answer that has them. */
export const API_ERRORS = {
  bad_data: 400,
  not_found: 404,
  not_acceptable: 406,
  execution: 422,
  canceled: 499,
  internal: 500,
  timeout: 503,
  unavailable: 503,
} as const;

export type ApiErrorType = keyof typeof API_ERRORS;

/** An answer of the HTTP API that is an error, in Prometheus's words. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly type: ApiErrorType;

  constructor(type: ApiErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }

  get statusCode(): number {
    return API_ERRORS[this.type];
  }
}

/** Why a scrape failed or a configuration was refused, under stable codes. */
export type MetricsServerErrorCode =
  | 'METRICS_BAD_CONFIG'
  | 'METRICS_SCRAPE_STATUS'
  | 'METRICS_SCRAPE_LIMIT'
  | 'METRICS_RULE_FAILED'
  | 'METRICS_TEMPLATE'
  | 'METRICS_REMOTE_READ';

export class MetricsServerError extends Error {
  override readonly name = 'MetricsServerError';
  readonly code: MetricsServerErrorCode;

  constructor(code: MetricsServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
