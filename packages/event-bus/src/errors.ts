/** Stable codes of what this package refuses or cannot do. */
export type EventBusErrorCode =
  /** The other side did not take the events in time. */
  | 'BUS_UNAVAILABLE'
  /** The other side will never take some of the events. */
  | 'BUS_REJECTED'
  /** A redrive's token is not one that a preview gave. */
  | 'BUS_BAD_TOKEN'
  /** The bus was closed. */
  | 'BUS_CLOSED';

/** An error of the bus itself. */
export class EventBusError extends Error {
  override readonly name = 'EventBusError';
  readonly code: EventBusErrorCode;
  /** Whether trying again can help. */
  readonly retriable: boolean;

  constructor(code: EventBusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.retriable = code === 'BUS_UNAVAILABLE';
  }
}

/** Thrown by a handler for an event that it will never be able to handle. */
export class PermanentError extends Error {
  override readonly name = 'PermanentError';
  readonly code: string;
  readonly retriable = false;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether an error says that no repetition helps. */
export function isPermanent(error: unknown): error is Error & { code?: unknown } {
  return error instanceof Error && 'retriable' in error && error.retriable === false;
}
