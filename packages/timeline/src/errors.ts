/** Every error code of this package, with what it means for the caller. Codes are stable. */
export const TIMELINE_ERRORS = {
  INVALID_OPERATION: 'An operation, key, member or score is not acceptable; nothing of the call was written.',
  INVALID_READ: 'A limit, offset or position of a read is not acceptable.',
  INVALID_CURSOR: 'A Roshi cursor could not be parsed.',
  INVALID_CONFIG: 'An option or a farm string is wrong; the store was not opened.',
  CLOSED: 'The store was closed before or during the call.',
  STORE_FAILED: 'The disk refused a write; the store takes no more writes until it is opened again.',
  STORE_LOCKED: 'Another process has the folder open.',
  STORE_CORRUPT: 'A record of the store cannot be decoded.',
  OVERLOADED: 'Too much is queued for a replica; try again later.',
  REPLICA_DOWN: 'A replica is not connected or did not answer in time.',
  RING_MISMATCH: 'An instance holds data of another place in the ring: the addresses were reordered.',
  NO_QUORUM: 'Fewer replicas than the write quorum confirmed; what was written stays.',
  READ_FAILED: 'No replica could answer for the key.',
} as const;

export type TimelineErrorCode = keyof typeof TIMELINE_ERRORS;

/** An error of this package. `code` is stable; `message` says what was expected, what was found and what to do. */
export class TimelineError extends Error {
  readonly code: TimelineErrorCode;

  constructor(code: TimelineErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TimelineError';
    this.code = code;
  }
}
