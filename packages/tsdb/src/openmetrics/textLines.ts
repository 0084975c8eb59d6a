import { openSync, readSync, closeSync, fstatSync } from 'node:fs';
import { messageOf, TsdbError } from '../errors.ts';

const CHUNK_BYTES = 1 << 20;
/** Longer than any series that the store takes. */
const MAX_LINE_BYTES = 1 << 20;
const NEWLINE = 10;

/** Lines of a piece of a text file. */
export interface TextLines {
  /** They share their memory with each other: what is kept of one must be copied. */
  readonly lines: readonly string[];
  /** The number of the first one, from 1. */
  readonly first: number;
  /** How much of the file has been read, 0 to 1. */
  readonly share: number;
}

/**
 * Reads a file of lines piece by piece, a megabyte at a time, whatever its size. Throws TSDB_BAD_IMPORT for a file that
 * cannot be read, for binary data, and for a line that has no end.
 */
export function* textLines(file: string): IterableIterator<TextLines> {
  const descriptor = opened(file);
  try {
    const size = fstatSync(descriptor).size;
    const buffer = Buffer.alloc(CHUNK_BYTES + MAX_LINE_BYTES);
    let kept = 0;
    let read = 0;
    let first = 1;
    for (;;) {
      const count = readSync(descriptor, buffer, kept, CHUNK_BYTES, null);
      read += count;
      const filled = buffer.subarray(0, kept + count);
      if (filled.subarray(kept).includes(0)) {
        throw new TsdbError(
          'TSDB_BAD_IMPORT',
          `${file}: expected text in the OpenMetrics format, found binary data`,
        );
      }
      const end = count === 0 ? filled.length : filled.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        const lines = filled.toString('utf8', 0, end).split('\n');
        if (filled[end - 1] === NEWLINE) lines.pop();
        yield { lines, first, share: size === 0 ? 1 : Math.min(1, read / size) };
        first += lines.length;
      }
      if (count === 0) return;
      kept = filled.length - end;
      if (kept > MAX_LINE_BYTES) {
        throw new TsdbError('TSDB_BAD_IMPORT', `expected line ${first} to end within 1 MiB, found no end`);
      }
      buffer.copyWithin(0, end, filled.length);
    }
  } finally {
    closeSync(descriptor);
  }
}

function opened(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'no such file; check the path' : messageOf(error);
    throw new TsdbError('TSDB_BAD_IMPORT', `cannot read ${file}: ${reason}`, error);
  }
}
