import type { ByteWriter } from '../codec/bytes.ts';
import { encodeHistogram, type StoredHistogram } from '../codec/histogramCodec.ts';
import { writeStartRuns } from '../codec/startRuns.ts';
import { encodeValues, maxEncodedSize } from '../codec/valueCodec.ts';
import type { StoredBuffer } from '../db/series.ts';
import { CHUNK_HISTOGRAMS, CHUNK_SPARSE, CHUNK_START_RUNS, CHUNK_STARTS } from './layout.ts';

/** Where a counter begins anew more often than after so many samples, its start timestamps are no runs. */
const SAMPLES_PER_RUN = 16;

/** Encodes the chunks and time columns of a block's data file (docs/formats.md). */
export class ChunkEncoder {
  #values = new Float64Array(1024);
  #words = new Uint32Array(this.#values.buffer);

  /**
   * Appends samples [from, to) as one chunk. `bitmap` says which times of the column they have, undefined for all.
   */
  chunk(
    out: ByteWriter,
    buffer: StoredBuffer,
    from: number,
    to: number,
    bitmap: Uint8Array | undefined,
  ): void {
    const count = to - from;
    const histograms = buffer.histograms?.slice(from, to);
    const hasHistograms = histograms?.some((histogram) => histogram !== undefined) ?? false;
    const ownStarts = buffer.startTimestamps?.subarray(from, to);
    const starts = ownStarts?.some((start) => start !== 0) === true ? ownStarts : undefined;
    const hasStartRuns = starts !== undefined && changes(starts) <= count / SAMPLES_PER_RUN;
    out.u8(
      (bitmap === undefined ? 0 : CHUNK_SPARSE) |
        (hasHistograms ? CHUNK_HISTOGRAMS : 0) |
        (starts === undefined ? 0 : hasStartRuns ? CHUNK_START_RUNS : CHUNK_STARTS),
    );
    if (bitmap !== undefined) out.raw(bitmap);
    const words = new Uint32Array(buffer.values.buffer, buffer.values.byteOffset, 2 * buffer.length);
    this.#ensureValues(count);
    for (let i = 0; i < 2 * count; i++) this.#words[i] = words[2 * from + i]!;
    if (hasHistograms) {
      const marks = new Uint8Array((count + 7) >>> 3);
      for (let i = 0; i < count; i++) {
        if (histograms![i] === undefined) continue;
        marks[i >>> 3]! |= 1 << (i & 7);
        this.#values[i] = 0;
      }
      out.raw(marks);
    }
    this.#encode(out, count);
    if (hasHistograms) {
      let previous: StoredHistogram | undefined;
      for (const histogram of histograms!) {
        if (histogram === undefined) continue;
        encodeHistogram(out, histogram, previous);
        previous = histogram;
      }
    }
    if (starts === undefined) return;
    if (hasStartRuns) return writeStartRuns(out, starts, count);
    this.#values.set(starts);
    this.#encode(out, count);
  }

  #encode(out: ByteWriter, count: number): void {
    out.reserve(maxEncodedSize(count));
    out.length = encodeValues(this.#values, this.#words, count, out.bytes, out.length);
  }

  /** Appends a column of times. */
  column(out: ByteWriter, times: Float64Array): void {
    this.#ensureValues(times.length);
    this.#values.set(times);
    this.#encode(out, times.length);
  }

  #ensureValues(count: number): void {
    if (this.#values.length >= count) return;
    this.#values = new Float64Array(2 * count);
    this.#words = new Uint32Array(this.#values.buffer);
  }
}

function changes(starts: Float64Array): number {
  let count = 0;
  for (let i = 1; i < starts.length; i++) if (starts[i] !== starts[i - 1]) count++;
  return count;
}
