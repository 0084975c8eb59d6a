import { Block, type BlockSource, type Entry } from '../block.ts';
import type { Position } from '../contract.ts';
import { TimelineError } from '../errors.ts';
import { Timeline } from '../timeline.ts';

/**
 * Records of the LMDB store, little endian. A position is `f64 score, u16 length, member`.
 *
 *     header  u8 version=2, u8 hasFloor, [floor], u32 live, u32 tombstones, u32 nextBlockId, u32 blocks,
 *             per block: u32 id, u16 count, first, last;  then per block: u32 hash of each member, newest first
 *     block   per entry, newest first: u8 deleted, position
 */
const VERSION = 2;
const POSITION_BYTES = 10;

/** The header of a timeline. */
export function encodeHeader(timeline: Timeline): Buffer {
  const { floor, blocks } = timeline;
  let size = 18 + (floor === undefined ? 0 : positionSize(floor));
  for (const block of blocks)
    size += 6 + positionSize(block.first) + positionSize(block.last) + 4 * block.count;
  const buffer = Buffer.allocUnsafe(size);
  buffer[0] = VERSION;
  buffer[1] = floor === undefined ? 0 : 1;
  let at = floor === undefined ? 2 : writePosition(buffer, 2, floor);
  for (const value of [timeline.live, timeline.tombstones, timeline.nextBlockId, blocks.length]) {
    at = buffer.writeUInt32LE(value, at);
  }
  for (const block of blocks) {
    at = buffer.writeUInt32LE(block.id, at);
    at = buffer.writeUInt16LE(block.count, at);
    at = writePosition(buffer, at, block.first);
    at = writePosition(buffer, at, block.last);
  }
  for (const { hashes, count } of blocks) {
    buffer.set(new Uint8Array(hashes.buffer, 0, count * 4), at);
    at += count * 4;
  }
  return buffer;
}

/** The timeline of a header; `source` reads entries of its blocks when they are needed. Throws STORE_CORRUPT. */
export function decodeHeader(buffer: Buffer, source: BlockSource): Timeline {
  if (buffer[0] !== VERSION) {
    throw new TimelineError(
      'STORE_CORRUPT',
      `timeline record: expected version ${VERSION}, found ${buffer[0]}`,
    );
  }
  const reader = new Reader(buffer, 2);
  const timeline = new Timeline();
  if (buffer[1] === 1) timeline.floor = reader.position();
  timeline.live = reader.u32();
  timeline.tombstones = reader.u32();
  timeline.nextBlockId = reader.u32();
  const shapes = Array.from({ length: reader.u32() }, () => ({
    id: reader.u32(),
    count: reader.u16(),
    first: reader.position(),
    last: reader.position(),
  }));
  const load: BlockSource = (block) => {
    const entries = source(block);
    timeline.unloaded -= block.count;
    return entries;
  };
  for (const { id, count, first, last } of shapes) {
    const hashes = new Uint32Array(count);
    new Uint8Array(hashes.buffer).set(reader.bytes(count * 4));
    timeline.blocks.push(Block.stored(id, count, { first, last }, hashes, load));
  }
  timeline.unloaded = timeline.size;
  return timeline;
}

/** The entries of a block. */
export function encodeBlock(entries: readonly Entry[]): Buffer {
  let size = 0;
  for (const entry of entries) size += 1 + positionSize(entry);
  const buffer = Buffer.allocUnsafe(size);
  let at = 0;
  for (const entry of entries) {
    buffer[at++] = entry.deleted ? 1 : 0;
    at = writePosition(buffer, at, entry);
  }
  return buffer;
}

export function decodeBlock(buffer: Buffer): Entry[] {
  // One string of the whole block, so that the members are slices of it: a call per member costs more than all of this.
  const text = buffer.toString('latin1');
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
  const entries: Entry[] = [];
  for (let at = 0; at < buffer.length;) {
    const length = view.getUint16(at + 9, true);
    const end = at + 11 + length;
    entries.push({
      score: view.getFloat64(at + 1, true),
      member: text.slice(at + 11, end),
      deleted: buffer[at] === 1,
    });
    at = end;
  }
  return entries;
}

function positionSize({ member }: Position): number {
  return POSITION_BYTES + member.length;
}

function writePosition(buffer: Buffer, at: number, { score, member }: Position): number {
  buffer.writeDoubleLE(score, at);
  buffer.writeUInt16LE(member.length, at + 8);
  return at + POSITION_BYTES + writeBytes(buffer, at + POSITION_BYTES, member);
}

/** Writes bytes and returns how many. Short strings are copied here: a call into the runtime costs more. */
export function writeBytes(buffer: Buffer, at: number, bytes: string): number {
  const { length } = bytes;
  if (length > 48) return buffer.write(bytes, at, 'latin1');
  for (let i = 0; i < length; i++) buffer[at + i] = bytes.charCodeAt(i);
  return length;
}

class Reader {
  readonly #buffer: Buffer;
  #at: number;

  constructor(buffer: Buffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
  }

  u16(): number {
    this.#at += 2;
    return this.#buffer.readUInt16LE(this.#at - 2);
  }

  u32(): number {
    this.#at += 4;
    return this.#buffer.readUInt32LE(this.#at - 4);
  }

  bytes(length: number): Uint8Array {
    this.#at += length;
    return this.#buffer.subarray(this.#at - length, this.#at);
  }

  position(): Position {
    this.#at += POSITION_BYTES;
    const score = this.#buffer.readDoubleLE(this.#at - POSITION_BYTES);
    const length = this.#buffer.readUInt16LE(this.#at - 2);
    this.#at += length;
    return { score, member: this.#buffer.toString('latin1', this.#at - length, this.#at) };
  }
}
