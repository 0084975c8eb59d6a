import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../errors.ts';
import { isUlid } from './meta.ts';

/** What a block says about itself. Times in milliseconds; `maxTime` is the first one after the block. */
export interface ListedBlock {
  readonly ulid: string;
  readonly minTime: number;
  readonly maxTime: number;
  readonly numSamples: number;
  readonly numSeries: number;
  readonly numChunks: number;
  /** How often it was compacted. */
  readonly level: number;
  readonly sizeBytes: number;
  /** `binnacle-block-1`, or `prometheus`. */
  readonly format: string;
  /** Why its meta.json cannot be read; the numbers are 0 then. */
  readonly error: string | undefined;
}

interface Meta {
  readonly minTime: number;
  readonly maxTime: number;
  readonly format?: string;
  readonly stats?: { readonly numSamples?: number; readonly numSeries?: number; readonly numChunks?: number };
  readonly compaction?: { readonly level?: number };
}

/** The blocks of a data folder, ours or Prometheus's, oldest first; a server may have it open. */
export function listBlocks(folder: string): ListedBlock[] {
  return readdirSync(folder)
    .filter((name) => isUlid(name) && existsSync(join(folder, name)))
    .map((name) => listed(join(folder, name), name))
    .sort((a, b) => a.minTime - b.minTime || (a.ulid < b.ulid ? -1 : 1));
}

function listed(folder: string, ulid: string): ListedBlock {
  let meta: Meta = { minTime: 0, maxTime: 0 };
  let error: string | undefined;
  try {
    meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta;
  } catch (failure) {
    error = `expected to read meta.json, found: ${messageOf(failure)}`;
  }
  const { minTime, maxTime, stats = {}, compaction = {}, format = 'prometheus' } = meta;
  return {
    ulid,
    minTime,
    maxTime,
    numSamples: stats.numSamples ?? 0,
    numSeries: stats.numSeries ?? 0,
    numChunks: stats.numChunks ?? 0,
    level: compaction.level ?? 0,
    sizeBytes: sizeOf(folder),
    format,
    error,
  };
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += lstatSync(join(entry.parentPath, entry.name)).size;
  }
  return bytes;
}
