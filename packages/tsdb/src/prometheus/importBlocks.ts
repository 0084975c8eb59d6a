import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { BlockWriter } from '../block/blockWriter.ts';
import { isUlid, newUlid } from '../block/meta.ts';
import { ByteReader } from '../codec/bytes.ts';
import { crc32c } from '../codec/crc32c.ts';
import { createStoredBuffer, type StoredBuffer } from '../db/series.ts';
import { isCancelled, messageOf, TsdbError } from '../errors.ts';
import { removeRange } from '../head/sideEntries.ts';
import { SampleSorter } from '../openmetrics/sampleSorter.ts';
import { decodeChunk } from './chunks.ts';
import { CHUNKS_MAGIC } from './exportBlocks.ts';
import { readPrometheusIndex } from './indexReader.ts';

/** What an import took over. */
export interface ImportResult {
  readonly blocks: readonly string[];
  readonly series: number;
  readonly samples: number;
}

/** Told now and then how much is done, 0 to 1. What it throws ends the work. */
export type OnProgress = (share: number) => void;

/**
 * Reads Prometheus blocks (a block's folder, a snapshot or a data folder with blocks in it) and writes each as a block
 * of a store's folder; an open store takes them up with `reloadBlocks`. Deleted samples stay behind. Throws
 * TSDB_BAD_IMPORT and leaves no part of a damaged block.
 */
export async function importPrometheusBlocks(
  source: string,
  folder: string,
  onProgress: OnProgress = () => undefined,
): Promise<ImportResult> {
  const folders = existsSync(join(source, 'meta.json'))
    ? [source]
    : readdirSync(source)
        .filter(isUlid)
        .map((name) => join(source, name));
  if (folders.length === 0)
    throw new TsdbError('TSDB_BAD_IMPORT', `expected Prometheus blocks in ${source}, found none`);
  mkdirSync(folder, { recursive: true });
  const blocks: string[] = [];
  let series = 0;
  let samples = 0;
  for (const [i, block] of folders.entries()) {
    const meta = await importBlock(block, folder, (share) => onProgress((i + share) / folders.length));
    if (meta === undefined) continue;
    blocks.push(meta.ulid);
    series += meta.stats.numSeries;
    samples += meta.stats.numSamples;
  }
  return { blocks, series, samples };
}

async function importBlock(source: string, folder: string, onProgress: OnProgress) {
  const ulid = newUlid(Date.now());
  const writer = new BlockWriter(folder, ulid);
  try {
    const index = readFileSync(join(source, 'index'));
    const chunks = readdirSync(join(source, 'chunks'))
      .sort()
      .map((name) => readFileSync(join(source, 'chunks', name)));
    for (const file of chunks) {
      if (new ByteReader(file).u32be() !== CHUNKS_MAGIC)
        throw badImport(source, 'expected a chunk file, found other bytes');
    }
    const tombstones = readPrometheusTombstones(join(source, 'tombstones'));
    const buffer = createStoredBuffer();
    const sorter = new SampleSorter();
    let count = 0;
    const series = [...readPrometheusIndex(index)];
    for (const { id, labels, chunks: refs } of series) {
      sorter.clear();
      for (const { ref } of refs) readChunk(chunks, ref, sorter);
      sorter.drain(buffer);
      for (const { fromMs, toMs } of tombstones.get(id) ?? []) removeRange(buffer, fromMs, toMs);
      writer.add(labels, buffer as StoredBuffer);
      if (++count % 256 !== 0) continue;
      await setImmediate();
      onProgress(count / series.length);
    }
    return writer.finish({ level: 1, sources: [ulid], parents: [] });
  } catch (error) {
    writer.abort();
    if (isCancelled(error) || (error instanceof TsdbError && error.code === 'TSDB_BLOCK_WRITE')) throw error;
    throw badImport(source, messageOf(error), error);
  }
}

function readChunk(files: readonly Uint8Array[], ref: number, sorter: SampleSorter): void {
  const file = files[Math.floor(ref / 4294967296)];
  if (file === undefined)
    throw new TsdbError('TSDB_BAD_IMPORT', `expected chunk file ${ref / 4294967296 + 1}, found none`);
  const input = new ByteReader(file, ref % 4294967296);
  const length = input.uvarint();
  const start = input.position;
  const encoding = input.u8();
  const data = input.raw(length);
  if (crc32c(file, start, input.position) !== input.u32be())
    throw new TsdbError(
      'TSDB_BAD_IMPORT',
      `expected the checksum of the chunk at ${ref} to match, found other bytes`,
    );
  decodeChunk(encoding, data, {
    float: (time, low, high) => sorter.add(time, low, high),
    histogram: (time, stored) => sorter.addHistogram(time, stored),
  });
}

function readPrometheusTombstones(path: string): Map<number, { fromMs: number; toMs: number }[]> {
  const found = new Map<number, { fromMs: number; toMs: number }[]>();
  if (!existsSync(path)) return found;
  const bytes = readFileSync(path);
  const input = new ByteReader(bytes, 0, bytes.length - 4);
  if (input.u32be() !== 0x0130ba30 || input.u8() !== 1)
    throw new TsdbError('TSDB_BAD_IMPORT', `expected tombstones of version 1 in ${path}, found other bytes`);
  if (crc32c(bytes, 5, bytes.length - 4) !== new ByteReader(bytes, bytes.length - 4).u32be())
    throw new TsdbError('TSDB_BAD_IMPORT', `expected the checksum of ${path} to match, found other bytes`);
  while (input.remaining > 0) {
    const series = input.uvarint();
    found.set(series, [...(found.get(series) ?? []), { fromMs: input.varint(), toMs: input.varint() }]);
  }
  return found;
}

function badImport(source: string, detail: string, cause?: unknown): TsdbError {
  return new TsdbError('TSDB_BAD_IMPORT', `${detail}, reading ${source}`, cause);
}
