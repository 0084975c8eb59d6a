/** The stable codes of this package's errors. */
export type ExceptionClientErrorCode =
  /** An option has a value that makes no sense. */
  | 'EXCEPTION_CLIENT_OPTION_INVALID'
  /** `pushTo` was given something that is not an http or https URL. */
  | 'EXCEPTION_CLIENT_PUSH_URL_INVALID'
  /** The server answered a push with something other than 2xx, or did not answer. */
  | 'EXCEPTION_CLIENT_PUSH_FAILED';

/** An error of this package. */
export class ExceptionClientError extends Error {
  override readonly name = 'ExceptionClientError';
  readonly code: ExceptionClientErrorCode;

  constructor(code: ExceptionClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
