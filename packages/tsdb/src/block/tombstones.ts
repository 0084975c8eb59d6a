import { existsSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ByteReader, ByteWriter } from '../codec/bytes.ts';
import { crc32c } from '../codec/crc32c.ts';
import { TsdbError } from '../errors.ts';
import { syncFolder, writeSynced } from './syncedFiles.ts';
import { TOMBSTONE_MAGIC } from './layout.ts';

/** A deleted span of time, both ends included. */
export interface DeletedRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Deleted ranges by series id of a block. */
export type Tombstones = Map<number, DeletedRange[]>;

/** Reads a block's tombstones; none when there is no file. Throws TSDB_CORRUPT_BLOCK. */
export function readTombstones(folder: string): Tombstones {
  const path = join(folder, 'tombstones');
  const tombstones: Tombstones = new Map();
  if (!existsSync(path)) return tombstones;
  const bytes = readFileSync(path);
  const input = new ByteReader(bytes, 0, Math.max(0, bytes.length - 4));
  const sum = bytes.length < 8 ? -1 : new ByteReader(bytes, bytes.length - 4).u32();
  if (sum !== crc32c(bytes, 0, bytes.length - 4) || input.u32() !== TOMBSTONE_MAGIC) {
    throw new TsdbError('TSDB_CORRUPT_BLOCK', `expected the checksum of ${path} to match, found other bytes`);
  }
  for (let rest = input.uvarint(); rest > 0; rest--) {
    const series = input.uvarint();
    const ranges: DeletedRange[] = [];
    for (let n = input.uvarint(); n > 0; n--) ranges.push({ fromMs: input.f64(), toMs: input.f64() });
    tombstones.set(series, ranges);
  }
  return tombstones;
}

/** Replaces a block's tombstones, at once. */
export function writeTombstones(folder: string, tombstones: Tombstones): void {
  const out = new ByteWriter();
  out.u32(TOMBSTONE_MAGIC);
  out.uvarint(tombstones.size);
  for (const [series, ranges] of tombstones) {
    out.uvarint(series);
    out.uvarint(ranges.length);
    for (const { fromMs, toMs } of ranges) {
      out.f64(fromMs);
      out.f64(toMs);
    }
  }
  out.u32(crc32c(out.view()));
  const path = join(folder, 'tombstones');
  writeSynced(`${path}.tmp`, out.view());
  renameSync(`${path}.tmp`, path);
  syncFolder(dirname(path));
}
