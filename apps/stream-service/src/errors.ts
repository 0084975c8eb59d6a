/** Every error code of this service with the status it is answered with. Codes are stable. */
export const STREAM_ERRORS = {
  STREAM_BAD_REQUEST: 400,
  STREAM_BAD_CURSOR: 400,
  STREAM_NOTHING_ACCEPTED: 400,
  STREAM_NOT_FOUND: 404,
  STREAM_LEASE_HELD: 409,
  STREAM_OVERLOADED: 429,
  STREAM_UNAVAILABLE: 503,
} as const;

export type StreamErrorCode = keyof typeof STREAM_ERRORS;

/** A refusal of this service. The message says what was expected, what was found and what to do. */
export class StreamError extends Error {
  override readonly name = 'StreamError';
  readonly code: StreamErrorCode;
  /** Seconds after which trying again makes sense, for `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: StreamErrorCode,
    message: string,
    options: ErrorOptions & { retryAfterSeconds?: number } = {},
  ) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get statusCode(): number {
    return STREAM_ERRORS[this.code];
  }
}
