import type { Labels } from '@binnacle/model';
import { ByteReader } from '../codec/bytes.ts';
import { decodeHistogram, type StoredHistogram } from '../codec/histogramCodec.ts';
import { readStartRuns } from '../codec/startRuns.ts';
import { decodeValues } from '../codec/valueCodec.ts';
import {
  NO_FLOATS,
  type LabelColumn,
  type SelectRange,
  type SourceSelection,
  type StoredBuffer,
} from '../db/series.ts';
import { TsdbError } from '../errors.ts';
import { removeRange } from '../head/sideEntries.ts';
import { lowerBoundFloat } from '../index/postings.ts';
import type { BlockIndex, ChunkRef } from './blockIndex.ts';
import type { DataFile } from './dataFile.ts';
import { CHUNK_HISTOGRAMS, CHUNK_SPARSE, CHUNK_START_RUNS, CHUNK_STARTS } from './layout.ts';
import type { Tombstones } from './tombstones.ts';

/** Series of a block. Each column of times is decoded once, and series with the same columns share one array. */
export class BlockSelection implements SourceSelection {
  readonly length: number;
  readonly #index: BlockIndex;
  readonly #data: DataFile;
  readonly #tombstones: Tombstones;
  readonly #ids: Uint32Array;
  readonly #range: SelectRange;
  readonly #warn: (text: string) => void;
  readonly #columns = new Map<number, Float64Array>();
  readonly #joined = new Map<string, Float64Array>();

  constructor(
    index: BlockIndex,
    data: DataFile,
    tombstones: Tombstones,
    ids: Uint32Array,
    range: SelectRange,
    warn: (text: string) => void,
  ) {
    this.#index = index;
    this.#data = data;
    this.#tombstones = tombstones;
    this.#ids = ids;
    this.#range = range;
    this.#warn = warn;
    this.length = ids.length;
  }

  hash(index: number): number {
    return this.#index.seriesHashes[this.#ids[index]! - 1]!;
  }

  labels(index: number): Labels {
    return this.#index.labels(this.#ids[index]!);
  }

  labelColumn(name: string): LabelColumn {
    const index = this.#index;
    const id = index.findName(name);
    if (id === 0) return () => '';
    return (at) => {
      const pair = index.pairWithName(this.#ids[at]!, id);
      return pair === 0 ? '' : index.valueText(pair);
    };
  }

  read(index: number, out: StoredBuffer): void {
    out.length = 0;
    out.histograms = undefined;
    out.startTimestamps = undefined;
    out.timestamps = NO_FLOATS;
    const id = this.#ids[index]!;
    try {
      this.#readChunks(this.#index.chunks(id), out);
    } catch (error) {
      if (!(error instanceof TsdbError)) throw error;
      out.length = 0;
      out.histograms = undefined;
      out.startTimestamps = undefined;
      this.#warn(error.message);
      return;
    }
    for (const { fromMs, toMs } of this.#tombstones.get(id) ?? []) removeRange(out, fromMs, toMs);
  }

  #readChunks(all: readonly ChunkRef[], out: StoredBuffer): void {
    const { minMs, maxMs } = this.#range;
    const chunks: ChunkRef[] = [];
    let capacity = 0;
    for (const chunk of all) {
      const { minTime, maxTime, count } = this.#index.column(chunk.column);
      if (maxTime < minMs || minTime > maxMs) continue;
      chunks.push(chunk);
      capacity += count;
    }
    if (chunks.length === 0) return;
    if (out.values.length < capacity) out.values = new Float64Array(capacity);
    const words = new Uint32Array(out.values.buffer, out.values.byteOffset, 2 * out.values.length);
    const first = chunks[0]!;
    const last = chunks[chunks.length - 1]!;
    const bytes = this.#data.read(first.at, last.at + last.length - first.at);
    let own: Float64Array | undefined;
    let count = 0;
    for (const chunk of chunks) {
      const column = this.#column(chunk.column);
      const input = new ByteReader(bytes, chunk.at - first.at);
      const flags = input.u8();
      let samples = column.length;
      if ((flags & CHUNK_SPARSE) !== 0) {
        own ??= this.#copyTimes(chunks, chunk, capacity);
        samples = gather(column, input.raw((column.length + 7) >>> 3), own, count);
      } else own?.set(column, count);
      this.#readChunk(input, flags, samples, out, words, count);
      count += samples;
    }
    out.length = count;
    this.#trim(out, own ?? this.#join(chunks), own === undefined ? this.#joinKey(chunks) : undefined);
  }

  #readChunk(
    input: ByteReader,
    flags: number,
    samples: number,
    out: StoredBuffer,
    words: Uint32Array,
    at: number,
  ): void {
    const marks = (flags & CHUNK_HISTOGRAMS) === 0 ? undefined : input.raw((samples + 7) >>> 3);
    input.position = decodeValues(input.bytes, input.position, samples, out.values, words, at);
    if (marks !== undefined) {
      const histograms = (out.histograms ??= []);
      let previous: StoredHistogram | undefined;
      for (let i = 0; i < samples; i++) {
        if ((marks[i >>> 3]! & (1 << (i & 7))) === 0) continue;
        histograms[at + i] = previous = decodeHistogram(input, previous);
      }
    }
    if ((flags & (CHUNK_STARTS | CHUNK_START_RUNS)) === 0) return;
    const starts = (out.startTimestamps ??= new Float64Array(out.values.length));
    if ((flags & CHUNK_START_RUNS) !== 0) {
      readStartRuns(input, samples, (startMs, from, to) => starts.fill(startMs, at + from, at + to));
      return;
    }
    const startWords = new Uint32Array(starts.buffer);
    input.position = decodeValues(input.bytes, input.position, samples, starts, startWords, at);
  }

  /** Cuts off what is outside the range. Series with the same columns get the same array of times. */
  #trim(out: StoredBuffer, times: Float64Array, key: string | undefined): void {
    const from = lowerBoundFloat(times, this.#range.minMs, 0, out.length);
    const to = lowerBoundFloat(times, this.#range.maxMs + 1, from, out.length);
    if (out.histograms !== undefined) out.histograms = out.histograms.slice(from, to);
    if (from > 0) {
      out.values.copyWithin(0, from, to);
      out.startTimestamps?.copyWithin(0, from, to);
    }
    out.length = to - from;
    out.timestamps = times;
    if (from === 0) return;
    const trimmed = key === undefined ? undefined : this.#joined.get(`trim:${key}`);
    out.timestamps = trimmed ?? times.slice(from, to);
    if (key !== undefined) this.#joined.set(`trim:${key}`, out.timestamps);
  }

  #column(id: number): Float64Array {
    let times = this.#columns.get(id);
    if (times === undefined) {
      const { at, length, count } = this.#index.column(id);
      times = new Float64Array(count);
      decodeValues(this.#data.read(at, length), 0, count, times, new Uint32Array(times.buffer), 0);
      this.#columns.set(id, times);
    }
    return times;
  }

  #joinKey(chunks: readonly ChunkRef[]): string {
    let key = '';
    for (const { column } of chunks) key += `${column},`;
    return key;
  }

  #join(chunks: readonly ChunkRef[]): Float64Array {
    if (chunks.length === 1) return this.#column(chunks[0]!.column);
    const key = this.#joinKey(chunks);
    let times = this.#joined.get(key);
    if (times === undefined) {
      const columns = chunks.map(({ column }) => this.#column(column));
      times = new Float64Array(columns.reduce((total, column) => total + column.length, 0));
      let at = 0;
      for (const column of columns) {
        times.set(column, at);
        at += column.length;
      }
      this.#joined.set(key, times);
    }
    return times;
  }

  #copyTimes(chunks: readonly ChunkRef[], until: ChunkRef, capacity: number): Float64Array {
    const times = new Float64Array(capacity);
    let at = 0;
    for (const chunk of chunks) {
      if (chunk === until) break;
      const column = this.#column(chunk.column);
      times.set(column, at);
      at += column.length;
    }
    return times;
  }
}

function gather(column: Float64Array, bitmap: Uint8Array, out: Float64Array, at: number): number {
  let count = 0;
  for (let i = 0; i < column.length; i++) {
    if ((bitmap[i >>> 3]! & (1 << (i & 7))) !== 0) out[at + count++] = column[i]!;
  }
  return count;
}
