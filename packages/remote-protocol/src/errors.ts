/** Stable codes of everything that a decoder refuses. */
export type RemoteProtocolErrorCode =
  /** The body is not a snappy block, or says that it is larger than allowed. */
  | 'REMOTE_BAD_SNAPPY'
  /** The bytes are not the protobuf message that was expected. */
  | 'REMOTE_BAD_PROTOBUF'
  /** A limit on what one message may hold was exceeded. */
  | 'REMOTE_TOO_LARGE';

/** A message that cannot be decoded; sending it again gives the same answer. */
export class RemoteProtocolError extends Error {
  override readonly name = 'RemoteProtocolError';
  readonly code: RemoteProtocolErrorCode;

  constructor(code: RemoteProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
