/** Stable codes of everything this package throws, each with what the caller can do about it. */
export const TSDB_ERRORS = {
  TSDB_LOCKED: 'another process has this data folder open',
  TSDB_OPEN: 'the data folder cannot be used',
  TSDB_CLOSED: 'the store is closed',
  TSDB_SELECTION_EXPIRED: 'series of the selection were freed before it was read; select again',
  TSDB_BAD_LABELS: 'the label set is not valid',
  TSDB_WAL_WRITE: 'the write-ahead log could not be written; nothing of the batch was stored',
  TSDB_BLOCK_WRITE: 'a block could not be written; the data stays where it was',
  TSDB_CORRUPT_BLOCK: 'a block on disk is damaged',
  TSDB_CORRUPT_CHUNK: 'encoded samples are damaged',
  TSDB_BAD_IMPORT: 'the data to import is not valid',
  TSDB_BAD_HISTOGRAM: 'the native histogram is not valid',
  TSDB_LIMIT: 'a limit of the store is reached',
} as const;

export type TsdbErrorCode = keyof typeof TSDB_ERRORS;

/** An error of the store. `code` is stable; the message says what was expected, what was found and what to do. */
export class TsdbError extends Error {
  readonly code: TsdbErrorCode;

  constructor(code: TsdbErrorCode, detail: string, cause?: unknown) {
    super(`${detail} (${TSDB_ERRORS[code]})`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.name = 'TsdbError';
  }
}

/** The text of an unknown thrown thing. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether work ended because its caller cancelled it, by an AbortSignal. */
export function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
