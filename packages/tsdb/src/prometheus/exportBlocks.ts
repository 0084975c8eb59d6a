import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Matcher } from '@binnacle/model';
import { newUlid } from '../block/meta.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { crc32c } from '../codec/crc32c.ts';
import { sameLayout, type StoredHistogram } from '../codec/histogramCodec.ts';
import type { MergedSet } from '../db/mergedSet.ts';
import { createStoredBuffer, type SelectRange, type StoredBuffer } from '../db/series.ts';
import { isCancelled, messageOf, TsdbError } from '../errors.ts';
import { encodeHistogramChunk } from './histogramChunk.ts';
import { buildPrometheusIndex, type PrometheusChunk, type PrometheusSeries } from './indexWriter.ts';
import { encodeXorChunk } from './xor.ts';

export const CHUNKS_MAGIC = 0x85bd40dd;
export const ENCODING = { xor: 1, histogram: 2, floatHistogram: 3 } as const;
const SAMPLES_PER_CHUNK = 120;
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

/** Cuts a series into chunks: of one kind, one histogram layout, without a counter reset inside. */
function writeChunks(buffer: StoredBuffer, files: ChunkFiles): PrometheusChunk[] {
  const { timestamps, length, histograms } = buffer;
  const words = new Uint32Array(buffer.values.buffer, buffer.values.byteOffset, 2 * length);
  const chunks: PrometheusChunk[] = [];
  for (let from = 0; from < length;) {
    let to = from + 1;
    const first = histograms?.[from];
    while (
      to < length &&
      to - from < SAMPLES_PER_CHUNK &&
      continues(first, histograms?.[to - 1], histograms?.[to])
    )
      to++;
    const minTime = timestamps[from]!;
    const maxTime = timestamps[to - 1]!;
    let ref: number;
    if (first === undefined) ref = files.add(ENCODING.xor, encodeXorChunk(timestamps, words, from, to));
    else {
      const run = histograms!.slice(from, to) as StoredHistogram[];
      if (isReset(histograms?.[from - 1], first)) run[0] = withReset(first);
      const data = encodeHistogramChunk([...timestamps.subarray(from, to)], run);
      ref = files.add(first.isInteger ? ENCODING.histogram : ENCODING.floatHistogram, data);
    }
    chunks.push({ minTime, maxTime, ref });
    from = to;
  }
  return chunks;
}

function continues(
  first: StoredHistogram | undefined,
  previous: StoredHistogram | undefined,
  next: StoredHistogram | undefined,
): boolean {
  if (first === undefined || next === undefined) return first === next;
  if (first.isInteger !== next.isInteger || !sameLayout(first.histogram, next.histogram)) return false;
  const isGauge = first.histogram.counterResetHint === 'gauge';
  if (isGauge !== (next.histogram.counterResetHint === 'gauge')) return false;
  return isGauge || !isReset(previous, next);
}

/** True when a counter histogram begins anew: it says so, or a count went down. */
function isReset(previous: StoredHistogram | undefined, next: StoredHistogram): boolean {
  const { histogram: b } = next;
  if (b.counterResetHint === 'gauge') return false;
  if (b.counterResetHint === 'reset') return true;
  if (previous === undefined || !sameLayout(previous.histogram, b)) return false;
  const { histogram: a } = previous;
  return (
    b.count < a.count ||
    b.zeroCount < a.zeroCount ||
    b.positiveBuckets.some((count, i) => count < a.positiveBuckets[i]!) ||
    b.negativeBuckets.some((count, i) => count < a.negativeBuckets[i]!)
  );
}

function withReset(stored: StoredHistogram): StoredHistogram {
  return { ...stored, histogram: { ...stored.histogram, counterResetHint: 'reset' } };
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
