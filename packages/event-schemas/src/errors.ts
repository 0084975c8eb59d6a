/** Stable codes of everything that this package refuses. */
export type EventErrorCode =
  /** The envelope is not a CloudEvents 1.0 event. */
  | 'EVENT_BAD_ENVELOPE'
  /** The data does not have the shape that its type promises. */
  | 'EVENT_BAD_DATA'
  /** The type is known, but not in that version. */
  | 'EVENT_UNKNOWN_VERSION'
  /** The message has neither the structured nor the binary form. */
  | 'EVENT_BAD_MESSAGE';

/** An event that cannot be accepted; trying again gives the same answer. */
export class EventError extends Error {
  override readonly name = 'EventError';
  readonly code: EventErrorCode;
  readonly retriable = false;

  constructor(code: EventErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
