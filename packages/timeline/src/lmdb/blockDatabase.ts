import { open, type Database, type RootDatabase } from 'lmdb';
import { bufferOf } from '../bytes.ts';
import type { Block, Entry } from '../block.ts';
import type { Bytes } from '../contract.ts';
import { TimelineError } from '../errors.ts';
import type { Timeline } from '../timeline.ts';
import { decodeBlock, decodeHeader, encodeBlock, encodeHeader } from './codec.ts';

const JOURNAL_START = Buffer.from('journal');

/** The records of timelines in LMDB: a header by key, and blocks of entries by key and block id. */
export class BlockDatabase {
  readonly #root: RootDatabase<Buffer, Buffer>;
  readonly #headers: Database<Buffer, Buffer>;
  readonly #blocks: Database<Buffer, Buffer>;
  readonly #meta: Database<Buffer, Buffer>;

  constructor(path: string) {
    this.#root = open({
      path,
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'binary',
      maxDbs: 4,
      // A write resolves when it can be read; `setJournalStart` waits until all before it is synced.
      separateFlushed: true,
    });
    const options = { encoding: 'binary', keyEncoding: 'binary' } as const;
    this.#headers = this.#root.openDB('headers', options);
    this.#blocks = this.#root.openDB('blocks', options);
    this.#meta = this.#root.openDB('meta', options);
  }

  /** The timeline of a key, its entries still on disk. */
  read(key: Bytes): Timeline | undefined {
    const header = recordOf(this.#headers, headerKey(key));
    if (header === undefined) return undefined;
    const timeline = decodeHeader(header, (block) => this.#readBlock(key, block));
    timeline.removedBlockIds = [];
    return timeline;
  }

  /** Writes what changed of the timelines, all or nothing; resolves when it can be read. */
  async write(timelines: Iterable<{ readonly key: Bytes; readonly timeline: Timeline }>): Promise<void> {
    const writes: Promise<boolean>[] = [];
    const batch = this.#root.batch(() => {
      for (const { key, timeline } of timelines) {
        for (const block of timeline.blocks) {
          if (!block.dirty) continue;
          writes.push(this.#blocks.put(blockKey(key, block.id), encodeBlock(block.entries)));
          block.dirty = false;
        }
        for (const id of timeline.removedBlockIds ?? []) writes.push(this.#blocks.remove(blockKey(key, id)));
        timeline.removedBlockIds = [];
        writes.push(this.#headers.put(headerKey(key), encodeHeader(timeline)));
      }
    });
    await Promise.all([batch, ...writes]);
  }

  /** Up to `limit` keys after a key, in byte order. */
  keysAfter(after: Bytes | undefined, limit: number): Bytes[] {
    // Header keys begin with a byte of their own because LMDB has no empty key; appending 0 gives the next possible key.
    const start =
      after === undefined ? Buffer.from([1]) : Buffer.concat([headerKey(after), Buffer.from([0])]);
    return Array.from(this.#headers.getKeys({ start, limit }), (key) => key.toString('latin1', 1));
  }

  /** The first generation of the journal whose records may be missing here. */
  get journalStart(): number {
    return this.#meta.get(JOURNAL_START)?.readUInt32LE(0) ?? 0;
  }

  /** Resolves when this, and everything written before, is synced to the disk. */
  async setJournalStart(generation: number): Promise<void> {
    const value = Buffer.alloc(4);
    value.writeUInt32LE(generation);
    await this.#root.flushed;
    await this.#meta.put(JOURNAL_START, value);
    await this.#root.flushed;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #readBlock(key: Bytes, block: Block): Entry[] {
    const record = recordOf(this.#blocks, blockKey(key, block.id));
    const entries = record === undefined ? [] : decodeBlock(record);
    if (entries.length === block.count) return entries;
    throw new TimelineError(
      'STORE_CORRUPT',
      `block ${block.id} of key ${JSON.stringify(key)}: expected ${block.count} entries, found ${entries.length}`,
    );
  }
}

/**
 * A record, valid until the next one is read. The buffer that LMDB gives is larger than its `length` says, and decoding
 * all of it would cost thousands of times more than the record.
 */
function recordOf(database: Database<Buffer, Buffer>, key: Buffer): Buffer | undefined {
  const shared = database.getBinaryFast(key);
  return shared?.subarray(0, shared.length);
}

function headerKey(key: Bytes): Buffer {
  return bufferOf(`\x01${key}`);
}

function blockKey(key: Bytes, id: number): Buffer {
  const buffer = Buffer.allocUnsafe(key.length + 4);
  buffer.write(key, 0, 'latin1');
  buffer.writeUInt32BE(id, key.length);
  return buffer;
}
