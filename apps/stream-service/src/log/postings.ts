import { hash } from 'node:crypto';
import type { CloudEvent } from '@binnacle/event-schemas';
import type { Database } from 'lmdb';
import { offsetOfKey, OFFSET_BYTES, serviceOf } from './storedEvent.ts';

/**
 * The log's index. Under each term (everything, a stream, a key, a service) stand chunks of up to 128 postings; a
 * posting is an event's offset and its own time, so that counting by time reads no events. A chunk's key is
 * `term, 0, first offset`; its value repeats `uint32 offset - first, float64 time`.
 */
export interface Posting {
  readonly offset: number;
  readonly timeMs: number;
}

export type PostingsDatabase = Database<Buffer, Buffer>;

const POSTING_BYTES = 12;
const CHUNK_POSTINGS = 128;
/** Room of a new chunk; it grows fourfold. */
const FIRST_POSTINGS = 8;
const CHUNKS_PER_READ = 16;
const MAX_OPEN_CHUNKS = 10_000;
const MAX_TERM_BYTES = 1000;

/** The term of every event. */
export const EVERYTHING = 'a';
export const streamTerm = (stream: string): string => term('s', stream);
export const keyTerm = (key: string): string => term('k', key);
export const serviceTerm = (service: string): string => term('v', service);

/** Every term under which an event is found. */
export function termsOf(event: CloudEvent): string[] {
  const terms = [EVERYTHING, streamTerm(event.type)];
  if (event.partitionkey !== undefined) terms.push(keyTerm(event.partitionkey));
  const service = serviceOf(event);
  if (service !== undefined) terms.push(serviceTerm(service));
  return terms;
}

/** LMDB bounds keys and 0 separates, so a term that does not fit is replaced by its digest. */
function term(tag: string, value: string): string {
  const fits = value.length * 3 <= MAX_TERM_BYTES && !value.includes('\0');
  return fits ? tag + value : `${tag}#${hash('sha256', value, 'hex')}`;
}

interface OpenChunk {
  readonly first: number;
  bytes: Buffer;
  count: number;
}

/** Adds postings. Chunks that grow are kept in memory; when they are too many, those opened first are closed. */
export class PostingsWriter {
  readonly #database: PostingsDatabase;
  readonly #open = new Map<string, OpenChunk>();
  #touched = new Map<string, OpenChunk[]>();

  constructor(database: PostingsDatabase) {
    this.#database = database;
  }

  add(name: string, { offset, timeMs }: Posting): void {
    let chunk = this.#open.get(name);
    if (chunk === undefined || chunk.count === CHUNK_POSTINGS || offset - chunk.first > 0xffff_ffff) {
      chunk = { first: offset, bytes: Buffer.allocUnsafe(FIRST_POSTINGS * POSTING_BYTES), count: 0 };
      this.#open.set(name, chunk);
    }
    const at = chunk.count * POSTING_BYTES;
    if (at === chunk.bytes.length) chunk.bytes = Buffer.concat([chunk.bytes], chunk.bytes.length * 4);
    chunk.bytes.writeUInt32BE(offset - chunk.first, at);
    chunk.bytes.writeDoubleBE(timeMs, at + 4);
    chunk.count++;
    const touched = this.#touched.get(name);
    if (touched === undefined) this.#touched.set(name, [chunk]);
    else if (touched.at(-1) !== chunk) touched.push(chunk);
  }

  /** Puts what was added since the last call; to be called inside the batch that holds the events. */
  put(): void {
    for (const [name, chunks] of this.#touched) {
      for (const { first, bytes, count } of chunks) {
        void this.#database.put(chunkKey(name, first), Buffer.from(bytes.subarray(0, count * POSTING_BYTES)));
      }
    }
    this.#touched = new Map();
    for (const name of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN_CHUNKS) break;
      this.#open.delete(name);
    }
  }

  /** Forgets what a failed batch may not have written. */
  reset(): void {
    this.#open.clear();
    this.#touched.clear();
  }
}

export interface PostingsRange {
  /** First offset, inclusive. */
  readonly start: number;
  /** Last offset, exclusive. */
  readonly end: number;
  readonly reverse: boolean;
}

/** The postings of a term in order of offset. Reads a few chunks at a time, so a reader may stop anywhere. */
export function* readPostings(
  database: PostingsDatabase,
  name: string,
  { start, end, reverse }: PostingsRange,
): Generator<Posting> {
  if (end <= start) return;
  let next = reverse ? chunkKey(name, end - 1) : chunkHolding(database, name, start);
  const bound = reverse ? prefix(name) : chunkKey(name, end);
  for (;;) {
    const chunks = [...database.getRange({ start: next, end: bound, reverse, limit: CHUNKS_PER_READ })];
    for (const { key, value } of chunks) {
      const first = offsetOfKey(key);
      const count = value.length / POSTING_BYTES;
      for (let i = 0; i < count; i++) {
        const at = (reverse ? count - 1 - i : i) * POSTING_BYTES;
        const offset = first + value.readUInt32BE(at);
        if (offset < start) {
          if (reverse) return;
          continue;
        }
        if (offset >= end) {
          if (reverse) continue;
          return;
        }
        yield { offset, timeMs: value.readDoubleBE(at + 4) };
      }
    }
    if (chunks.length < CHUNKS_PER_READ) return;
    const lastFirst = offsetOfKey(chunks.at(-1)!.key);
    if (reverse && lastFirst === 0) return;
    next = chunkKey(name, reverse ? lastFirst - 1 : lastFirst + 1);
  }
}

/** Removes the chunks of a term that lie below an offset as a whole. */
export function dropPostings(database: PostingsDatabase, name: string, below: number): void {
  for (const { key, value } of database.getRange({ start: prefix(name), end: chunkKey(name, below) })) {
    const last = offsetOfKey(key) + value.readUInt32BE(value.length - POSTING_BYTES);
    if (last < below) void database.remove(Buffer.from(key));
  }
}

function chunkHolding(database: PostingsDatabase, name: string, offset: number): Buffer {
  const range = { start: chunkKey(name, offset), end: prefix(name), reverse: true, limit: 1 };
  for (const { key } of database.getRange(range)) return Buffer.from(key);
  return chunkKey(name, offset);
}

function prefix(name: string): Buffer {
  return Buffer.from(`${name}\0`);
}

function chunkKey(name: string, first: number): Buffer {
  const start = prefix(name);
  const key = Buffer.allocUnsafe(start.length + OFFSET_BYTES);
  start.copy(key);
  key.writeUIntBE(first, start.length, OFFSET_BYTES);
  return key;
}
