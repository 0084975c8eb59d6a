/** Every error this app answers with: its stable code and its HTTP status. */
const ERRORS = {
  EXCEPTIONS_BAD_REQUEST: 400,
  EXCEPTIONS_BAD_CURSOR: 400,
  EXCEPTIONS_BAD_KEY: 400,
  EXCEPTIONS_BAD_PAYLOAD: 400,
  EXCEPTIONS_PAYLOAD_TOO_LARGE: 413,
  EXCEPTIONS_PAYLOAD_TOO_DEEP: 400,
  EXCEPTIONS_UNSUPPORTED_ENCODING: 415,
  EXCEPTIONS_NOT_FOUND: 404,
  EXCEPTIONS_UNKNOWN_SERVICE: 404,
  EXCEPTIONS_UNDO_EXPIRED: 410,
  EXCEPTIONS_PUSH_DISABLED: 403,
  EXCEPTIONS_TOO_MANY_SERVICES: 429,
  EXCEPTIONS_TOO_MANY_TARGETS: 429,
  EXCEPTIONS_TOO_MANY_STREAMS: 429,
  EXCEPTIONS_BAD_STATUS: 502,
  EXCEPTIONS_UNREACHABLE: 502,
  EXCEPTIONS_TIMEOUT: 504,
  EXCEPTIONS_BAD_CONFIG: 500,
  EXCEPTIONS_STORAGE_IN_USE: 500,
  EXCEPTIONS_STORAGE_TOO_NEW: 500,
  EXCEPTIONS_INTERNAL: 500,
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** An error with a stable code, a message for people, and the HTTP status it is answered with. */
export class ExceptionServerError extends Error {
  override readonly name = 'ExceptionServerError';
  readonly code: ErrorCode;
  readonly statusCode: number;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.statusCode = ERRORS[code];
  }
}
