/** Stable codes of everything that a parser refuses. */
export type ExpositionErrorCode =
  /** A line, or a message, does not follow the format. */
  | 'EXPOSITION_BAD_SYNTAX'
  /** The content type names no format that is known, and no fallback was given. */
  | 'EXPOSITION_UNKNOWN_FORMAT'
  /** A limit on labels was exceeded. */
  | 'EXPOSITION_TOO_LARGE';

/** A scrape that cannot be read. The message says where, what was expected and what was found. */
export class ExpositionError extends Error {
  override readonly name = 'ExpositionError';
  readonly code: ExpositionErrorCode;
  /** 1-based; 0 where lines make no sense. */
  readonly line: number;

  constructor(code: ExpositionErrorCode, message: string, line = 0) {
    super(line === 0 ? message : `line ${line}: ${message}`);
    this.code = code;
    this.line = line;
  }
}
