/** Stable codes of the errors that this package throws. */
export type MetricsErrorCode =
  /** An option given by the caller is not usable. */
  | 'METRICS_INVALID_OPTION'
  /** A metric's `collect` function did not finish within the limit. */
  | 'METRICS_COLLECT_TIMEOUT'
  /** The Pushgateway could not be reached or refused the metrics. */
  | 'METRICS_PUSH_FAILED';

/** The one error class of this package; `code` is stable, the message is for people. */
export class MetricsError extends Error {
  readonly code: MetricsErrorCode;

  constructor(code: MetricsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'MetricsError';
    this.code = code;
  }
}
