import { TsdbError } from '../errors.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

/**
 * Start timestamps as runs, until all samples have theirs: twice the length, and 1 more when it is known; then its
 * difference to the one known before (docs/formats.md, "Start runs").
 */
export function writeStartRuns(out: ByteWriter, starts: Float64Array, length: number): void {
  let known = 0;
  for (let from = 0; from < length;) {
    const start = starts[from]!;
    let to = from + 1;
    while (to < length && starts[to] === start) to++;
    out.uvarint(2 * (to - from) + (start === 0 ? 0 : 1));
    if (start !== 0) {
      out.varint(start - known);
      known = start;
    }
    from = to;
  }
}

/** Reads the runs of `length` samples and gives away those that are known. Throws TSDB_CORRUPT_CHUNK. */
export function readStartRuns(
  input: ByteReader,
  length: number,
  give: (startMs: number, from: number, to: number) => void,
): void {
  let known = 0;
  for (let from = 0; from < length;) {
    const run = input.uvarint();
    const to = from + Math.floor(run / 2);
    if (to === from || to > length) {
      throw new TsdbError('TSDB_CORRUPT_CHUNK', `expected start timestamps of ${length} samples`);
    }
    if (run % 2 === 1) {
      known += input.varint();
      give(known, from, to);
    }
    from = to;
  }
}
