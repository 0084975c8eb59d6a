import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Labels } from '@binnacle/model';
import { ByteWriter, encodeUtf8 } from '../codec/bytes.ts';
import { crc32c } from '../codec/crc32c.ts';
import type { StoredBuffer } from '../db/series.ts';
import { messageOf, TsdbError } from '../errors.ts';
import { combineHash, hashText } from '../index/hashing.ts';
import { HASH_SEED } from '../index/seriesTable.ts';
import { ChunkEncoder } from './chunkEncoder.ts';
import { BASE_SPAN_MS, CHUNK_SAMPLES, DATA_MAGIC, DATA_PAGE, FORMAT_VERSION } from './layout.ts';
import { IndexBuilder } from './indexBuilder.ts';
import type { BlockMeta } from './meta.ts';
import { syncFolder, writeSynced } from './syncedFiles.ts';
import { TimeColumns } from './timeColumns.ts';

/**
 * Writes one block from series given in label order. The block appears under its name only when it is whole and on
 * disk: it is written to `<ulid>.tmp`, synced and renamed. Throws TSDB_BLOCK_WRITE and leaves nothing behind.
 */
export class BlockWriter {
  readonly #folder: string;
  readonly #temporary: string;
  readonly #ulid: string;
  readonly #descriptor: number;
  readonly #index = new IndexBuilder();
  readonly #columns = new TimeColumns((times) => this.#writeColumn(times));
  readonly #encoder = new ChunkEncoder();
  readonly #chunks = new ByteWriter(1 << 16);
  readonly #column = new ByteWriter();
  #page = new Uint8Array(DATA_PAGE);
  #pageSize = 0;
  #dataSize = 0;
  readonly #pending: Uint8Array[] = [];
  #previous: Labels | undefined;
  #isClosed = false;
  #samples = 0;
  #chunkCount = 0;
  #series = 0;
  #minTime = Infinity;
  #maxTime = -Infinity;

  constructor(folder: string, ulid: string) {
    this.#folder = folder;
    this.#ulid = ulid;
    this.#temporary = join(folder, `${ulid}.tmp`);
    try {
      mkdirSync(this.#temporary);
      this.#descriptor = openSync(join(this.#temporary, 'data'), 'w');
    } catch (error) {
      throw writeError(this.#temporary, error);
    }
    const header = new ByteWriter(8);
    header.u32(DATA_MAGIC);
    header.u32(FORMAT_VERSION);
    this.#write(header.view());
  }

  get samples(): number {
    return this.#samples;
  }

  /** Adds a series; label sets come in ascending order, and one without samples is left out. */
  add(labels: Labels, buffer: StoredBuffer): void {
    if (buffer.length === 0) return;
    if (this.#previous !== undefined && Labels.compare(this.#previous, labels) >= 0) {
      throw new TsdbError(
        'TSDB_BLOCK_WRITE',
        `expected series in label order, found ${String(labels)} after ${String(this.#previous)}`,
      );
    }
    this.#previous = labels;
    let hash = HASH_SEED;
    for (const [name, value] of labels)
      hash = combineHash(combineHash(hash, hashText(name)), hashText(value));
    this.#index.startSeries(labels, hash);
    this.#series++;
    const { timestamps, length } = buffer;
    const span = chunkSpan(timestamps[0]!, timestamps[length - 1]!, length);
    // Columns first: the chunks of a series must lie one behind the other.
    this.#chunks.clear();
    const chunks: { column: number; length: number }[] = [];
    for (let from = 0; from < length;) {
      const slot = Math.floor(timestamps[from]! / span);
      const end = (slot + 1) * span;
      let to = from + 1;
      while (to < length && timestamps[to]! < end && to - from < 4 * CHUNK_SAMPLES) to++;
      const use = this.#columns.use(timestamps, from, to, slot);
      const before = this.#chunks.length;
      this.#encoder.chunk(this.#chunks, buffer, from, to, use.bitmap);
      chunks.push({ column: use.id, length: this.#chunks.length - before });
      from = to;
    }
    this.#index.endSeries(this.#dataSize, chunks);
    this.#write(this.#chunks.view());
    this.#chunkCount += chunks.length;
    this.#samples += length;
    this.#minTime = Math.min(this.#minTime, timestamps[0]!);
    this.#maxTime = Math.max(this.#maxTime, timestamps[length - 1]!);
  }

  /** Makes the block permanent. Returns what its meta.json says, undefined when there was nothing to write. */
  finish(compaction: BlockMeta['compaction'], head?: BlockMeta['head']): BlockMeta | undefined {
    if (this.#series === 0) {
      this.abort();
      return undefined;
    }
    const meta: BlockMeta = {
      ulid: this.#ulid,
      version: 1,
      format: 'binnacle-block-1',
      minTime: this.#minTime,
      maxTime: this.#maxTime + 1,
      stats: {
        numSamples: this.#samples,
        numSeries: this.#series,
        numChunks: this.#chunkCount,
        numTombstones: 0,
      },
      compaction,
      ...(head === undefined ? {} : { head }),
    };
    try {
      this.#flushPage(true);
      fsyncSync(this.#descriptor);
      closeSync(this.#descriptor);
      this.#isClosed = true;
      writeSynced(join(this.#temporary, 'index'), this.#index.build());
      writeSynced(join(this.#temporary, 'meta.json'), encodeUtf8(`${JSON.stringify(meta, undefined, 2)}\n`));
      syncFolder(this.#temporary);
      renameSync(this.#temporary, join(this.#folder, this.#ulid));
      syncFolder(this.#folder);
    } catch (error) {
      this.abort();
      throw writeError(this.#temporary, error);
    }
    return meta;
  }

  /** Removes what was written so far. */
  abort(): void {
    if (!this.#isClosed) closeSync(this.#descriptor);
    this.#isClosed = true;
    rmSync(this.#temporary, { recursive: true, force: true });
  }

  #writeColumn(times: Float64Array): number {
    const count = times.length;
    this.#column.clear();
    this.#encoder.column(this.#column, times);
    const size = this.#column.length;
    const id = this.#index.addColumn(this.#dataSize, size, count, times[0]!, times[count - 1]!);
    this.#write(this.#column.view());
    return id;
  }

  #write(bytes: Uint8Array): void {
    this.#dataSize += bytes.length;
    for (let from = 0; from < bytes.length;) {
      const size = Math.min(DATA_PAGE - this.#pageSize, bytes.length - from);
      this.#page.set(bytes.subarray(from, from + size), this.#pageSize);
      this.#pageSize += size;
      from += size;
      if (this.#pageSize === DATA_PAGE) this.#flushPage(false);
    }
  }

  #flushPage(isLast: boolean): void {
    if (this.#pageSize > 0) {
      const page = this.#page.slice(0, this.#pageSize);
      this.#index.addPageSum(crc32c(page));
      this.#pending.push(page);
      this.#pageSize = 0;
    }
    if (this.#pending.length < 16 && !isLast) return;
    try {
      for (const page of this.#pending) {
        for (let at = 0; at < page.length;) at += writeSync(this.#descriptor, page, at);
      }
      this.#pending.length = 0;
    } catch (error) {
      this.abort();
      throw writeError(this.#temporary, error);
    }
  }
}

/** The span of time of one chunk: 2 h halved or doubled until about CHUNK_SAMPLES samples fit. */
function chunkSpan(first: number, last: number, count: number): number {
  const perMs = count / Math.max(last - first, 600_000);
  let span = BASE_SPAN_MS;
  while (perMs * span > CHUNK_SAMPLES && span > 1000) span /= 2;
  while (perMs * span * 2 <= CHUNK_SAMPLES && span < 16 * BASE_SPAN_MS) span *= 2;
  return span;
}

function writeError(path: string, error: unknown): TsdbError {
  return new TsdbError('TSDB_BLOCK_WRITE', `expected to write ${path}, found: ${messageOf(error)}`, error);
}
