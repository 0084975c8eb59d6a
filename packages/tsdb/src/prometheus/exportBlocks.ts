import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Matcher } from '@binnacle/model';
import { newUlid } from '../block/meta.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { crc32c } from '../codec/crc32c.ts';
import type { MergedSet } from '../db/mergedSet.ts';
import { createStoredBuffer, type SelectRange, type StoredBuffer } from '../db/series.ts';
import { isCancelled, messageOf, TsdbError } from '../errors.ts';
import { encodeChunks } from './chunks.ts';
import { buildPrometheusIndex, type PrometheusChunk, type PrometheusSeries } from './indexWriter.ts';

export const CHUNKS_MAGIC = 0x85bd40dd;
const MAX_CHUNK_FILE = 512 * 1024 * 1024;

export interface ExportOptions {
  /** Which series; default all. */
  readonly matchers?: readonly Matcher[];
  readonly range: SelectRange;
  /** Length of the aligned range of one block. Default 24 h. */
  readonly blockMs?: number;
  /** Told now and then how much of the range is written, 0 to 1. What it throws ends the export. */
  readonly onProgress?: (share: number) => void;
}

/** A store that can be exported. */
interface Exportable {
  selectStored(matchers: readonly Matcher[], range: SelectRange): MergedSet;
}

/**
 * Writes the samples of a finite range as Prometheus blocks (index version 2, XOR and histogram chunks) into a
 * folder, one for each aligned span that has samples. Returns their ULIDs. Start timestamps have no place in these
 * blocks. Throws TSDB_BLOCK_WRITE, and TSDB_CORRUPT_BLOCK when something could not be read.
 */
export async function exportPrometheusBlocks(
  store: Exportable,
  folder: string,
  options: ExportOptions,
): Promise<string[]> {
  const { matchers = [], range, blockMs = 86_400_000 } = options;
  const written: string[] = [];
  mkdirSync(folder, { recursive: true });
  for (let slot = Math.floor(range.minMs / blockMs); slot * blockMs <= range.maxMs; slot++) {
    const span = {
      minMs: Math.max(range.minMs, slot * blockMs),
      maxMs: Math.min(range.maxMs, (slot + 1) * blockMs - 1),
    };
    const before = Math.max(0, slot * blockMs - range.minMs);
    const total = range.maxMs - range.minMs + 1;
    const size = span.maxMs - span.minMs + 1;
    const ulid = await writeBlock(store.selectStored(matchers, span), folder, (share) =>
      options.onProgress?.((before + share * size) / total),
    );
    if (ulid !== undefined) written.push(ulid);
  }
  return written;
}

async function writeBlock(
  set: MergedSet,
  folder: string,
  onProgress: (share: number) => void,
): Promise<string | undefined> {
  const ulid = newUlid(Date.now());
  const temporary = join(folder, `${ulid}.tmp-for-export`);
  const series: PrometheusSeries[] = [];
  let samples = 0;
  let chunkCount = 0;
  let minTime = Infinity;
  let maxTime = -Infinity;
  try {
    const chunks = new ChunkFiles(join(temporary, 'chunks'));
    const buffer = createStoredBuffer();
    for (let i = 0; i < set.length; i++) {
      set.readStored(i, buffer);
      if (buffer.length === 0) continue;
      const refs = writeChunks(buffer, chunks);
      series.push({ labels: set.labels(i), chunks: refs });
      samples += buffer.length;
      chunkCount += refs.length;
      minTime = Math.min(minTime, buffer.timestamps[0]!);
      maxTime = Math.max(maxTime, buffer.timestamps[buffer.length - 1]!);
      if (i % 256 !== 255) continue;
      await setImmediate();
      onProgress(i / set.length);
    }
    chunks.close();
    if (set.warnings.length > 0) throw new TsdbError('TSDB_CORRUPT_BLOCK', set.warnings.join('; '));
    if (series.length === 0) {
      rmSync(temporary, { recursive: true, force: true });
      return undefined;
    }
    const meta = {
      ulid,
      minTime,
      maxTime: maxTime + 1,
      stats: { numSamples: samples, numSeries: series.length, numChunks: chunkCount },
      compaction: { level: 1, sources: [ulid] },
      version: 1,
    };
    writeFileSync(join(temporary, 'index'), buildPrometheusIndex(series));
    writeFileSync(join(temporary, 'tombstones'), emptyTombstones());
    writeFileSync(join(temporary, 'meta.json'), `${JSON.stringify(meta, undefined, '\t')}\n`);
    renameSync(temporary, join(folder, ulid));
    return ulid;
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    if (error instanceof TsdbError || isCancelled(error)) throw error;
    throw new TsdbError(
      'TSDB_BLOCK_WRITE',
      `expected to write ${temporary}, found: ${messageOf(error)}`,
      error,
    );
  }
}

function writeChunks(buffer: StoredBuffer, files: ChunkFiles): PrometheusChunk[] {
  const chunks: PrometheusChunk[] = [];
  for (const { encoding, minTime, maxTime, data } of encodeChunks(buffer)) {
    chunks.push({ minTime, maxTime, ref: files.add(encoding, data) });
  }
  return chunks;
}

/** The numbered chunk files of a block. */
class ChunkFiles {
  readonly #folder: string;
  readonly #pending = new ByteWriter(1 << 20);
  #file = -1;
  #descriptor = -1;
  #size = 0;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#next();
  }

  add(encoding: number, data: Uint8Array): number {
    if (this.#size + data.length + 16 > MAX_CHUNK_FILE) this.#next();
    const ref = this.#file * 4294967296 + this.#size;
    const out = this.#pending;
    const before = out.length;
    out.uvarint(data.length);
    const summed = out.length;
    out.u8(encoding);
    out.raw(data);
    out.u32be(crc32c(out.bytes, summed, out.length));
    this.#size += out.length - before;
    if (out.length > 1 << 20) this.#flush();
    return ref;
  }

  close(): void {
    this.#flush();
    closeSync(this.#descriptor);
  }

  #next(): void {
    if (this.#descriptor >= 0) this.close();
    this.#file++;
    this.#descriptor = openSync(join(this.#folder, String(this.#file + 1).padStart(6, '0')), 'w');
    this.#pending.u32be(CHUNKS_MAGIC);
    this.#pending.u32be(0x01000000);
    this.#size = 8;
  }

  #flush(): void {
    const bytes = this.#pending.view();
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at);
    this.#pending.clear();
  }
}

function emptyTombstones(): Uint8Array {
  const out = new ByteWriter();
  out.u32be(0x0130ba30);
  out.u8(1);
  out.u32be(crc32c(new Uint8Array(0)));
  return out.view();
}
