import { randomBytes } from 'node:crypto';

/** What `meta.json` of a block says. Times in milliseconds; `maxTime` is the first one after the block. */
export interface BlockMeta {
  readonly ulid: string;
  readonly version: 1;
  readonly format: 'binnacle-block-1';
  readonly minTime: number;
  readonly maxTime: number;
  readonly stats: {
    readonly numSamples: number;
    readonly numSeries: number;
    readonly numChunks: number;
    readonly numTombstones: number;
  };
  readonly compaction: {
    readonly level: number;
    readonly sources: readonly string[];
    readonly parents: readonly string[];
  };
  /** Of a block cut from the head: everything before `cutMs` in WAL segments before `walSegment` is in blocks. */
  readonly head?: { readonly cutMs: number; readonly walSegment: number };
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

let lastMs = 0;

/**
 * A ULID (https://github.com/ulid/spec): sorts by time, unique by 80 random bits. Each of this process sorts behind the
 * one before, also when the clock goes back.
 */
export function newUlid(timeMs: number): string {
  lastMs = Math.max(timeMs, lastMs + 1);
  let text = '';
  for (let i = 0, rest = lastMs; i < 10; i++, rest = Math.floor(rest / 32))
    text = ALPHABET[rest % 32]! + text;
  for (const byte of randomBytes(16)) text += ALPHABET[byte & 31]!;
  return text;
}

export function isUlid(text: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text);
}
