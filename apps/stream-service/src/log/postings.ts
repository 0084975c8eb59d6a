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

/** A run of postings in memory; it may be stored already, in part. */
interface Chunk {
  readonly first: number;
  bytes: Buffer;
  count: number;
}

/**
 * Postings that are not stored yet. Each term's last chunk stays here when it is stored, so that it grows; when those
 * are too many, the ones opened first are closed.
 */
export class UnstoredPostings {
  readonly #open = new Map<string, Chunk>();
  /** Chunks with unstored postings, by term, in order. */
  #changed = new Map<string, Chunk[]>();
  /** The same of a store that is under way. */
  #storing: ReadonlyMap<string, Chunk[]> = new Map();

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
    const changed = this.#changed.get(name);
    if (changed === undefined) this.#changed.set(name, [chunk]);
    else if (changed.at(-1) !== chunk) changed.push(chunk);
  }

  /** The chunks of a term that memory knows better than the database. */
  chunksOf(name: string): readonly Chunk[] {
    const storing = this.#storing.get(name) ?? [];
    const changed = this.#changed.get(name) ?? [];
    return changed[0] === storing.at(-1) ? [...storing, ...changed.slice(1)] : [...storing, ...changed];
  }

  /** Puts everything, as it is now; to be called inside a batch, and once at a time. */
  put(database: PostingsDatabase): void {
    for (const [name, chunks] of this.#changed) {
      for (const { first, bytes, count } of chunks) {
        void database.put(chunkKey(name, first), Buffer.from(bytes.subarray(0, count * POSTING_BYTES)));
      }
    }
    this.#storing = this.#changed;
    this.#changed = new Map();
  }

  /** Tells what became of the last `put`. */
  settle(stored: boolean): void {
    if (!stored) {
      const names = new Set([...this.#storing.keys(), ...this.#changed.keys()]);
      this.#changed = new Map([...names].map((name) => [name, [...this.chunksOf(name)]]));
    }
    this.#storing = new Map();
    for (const name of this.#open.keys()) {
      if (this.#open.size <= MAX_OPEN_CHUNKS) break;
      this.#open.delete(name);
    }
  }
}

export interface PostingsRange {
  /** First offset, inclusive. */
  readonly start: number;
  /** Last offset, exclusive. */
  readonly end: number;
  readonly reverse: boolean;
}

/**
 * The postings of a term in order of offset, from the database and from memory. Reads a few chunks at a time, so a
 * reader may stop anywhere, and go on while more is stored.
 */
export function* readPostings(
  database: PostingsDatabase,
  unstored: UnstoredPostings,
  name: string,
  range: PostingsRange,
): Generator<Posting> {
  const chunks = unstored.chunksOf(name);
  const storedEnd = Math.min(range.end, chunks[0]?.first ?? Infinity);
  const stored = readStored(database, name, { ...range, end: storedEnd });
  const inMemory = readChunks(chunks, range);
  yield* range.reverse ? inMemory : stored;
  yield* range.reverse ? stored : inMemory;
}

function* readChunks(chunks: readonly Chunk[], range: PostingsRange): Generator<Posting> {
  for (const { first, bytes, count } of range.reverse ? chunks.toReversed() : chunks) {
    for (const posting of postingsOf(first, bytes.subarray(0, count * POSTING_BYTES), range.reverse)) {
      if (posting.offset >= range.start && posting.offset < range.end) yield posting;
    }
  }
}

function* readStored(database: PostingsDatabase, name: string, range: PostingsRange): Generator<Posting> {
  const { start, end, reverse } = range;
  if (end <= start) return;
  let next = reverse ? chunkKey(name, end - 1) : chunkHolding(database, name, start);
  const bound = reverse ? prefix(name) : chunkKey(name, end);
  for (;;) {
    const chunks = [...database.getRange({ start: next, end: bound, reverse, limit: CHUNKS_PER_READ })];
    for (const { key, value } of chunks) {
      for (const posting of postingsOf(offsetOfKey(key), value, reverse)) {
        if (reverse ? posting.offset < start : posting.offset >= end) return;
        if (posting.offset >= start && posting.offset < end) yield posting;
      }
    }
    if (chunks.length < CHUNKS_PER_READ) return;
    const lastFirst = offsetOfKey(chunks.at(-1)!.key);
    if (reverse && lastFirst === 0) return;
    next = chunkKey(name, reverse ? lastFirst - 1 : lastFirst + 1);
  }
}

function* postingsOf(first: number, bytes: Buffer, reverse: boolean): Generator<Posting> {
  const count = bytes.length / POSTING_BYTES;
  for (let i = 0; i < count; i++) {
    const at = (reverse ? count - 1 - i : i) * POSTING_BYTES;
    yield { offset: first + bytes.readUInt32BE(at), timeMs: bytes.readDoubleBE(at + 4) };
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
