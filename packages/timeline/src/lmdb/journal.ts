import { mkdir, open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Bytes, Position } from '../contract.ts';
import { TimelineError } from '../errors.ts';
import { writeBytes } from './codec.ts';

/** What a journal record says about a key. */
export type JournalKind = 'insert' | 'delete' | 'floor';

export interface JournalOptions {
  readonly folder: string;
  /** fdatasync at most this long after a write; 0: before every acknowledgement. */
  readonly syncIntervalMs: number;
}

const KINDS: readonly JournalKind[] = ['insert', 'delete', 'floor'];
const FRAME_HEADER_BYTES = 8;
const RECORD_HEADER_BYTES = 13;
const INITIAL_BUFFER_BYTES = 64 * 1024;
const MAX_KEPT_BUFFER_BYTES = 8 * 1024 * 1024;
const FILE_NAME = /^journal-([0-9]{10})\.log$/;

/**
 * The group commit: records of concurrent writes share one frame and one write to the file, and everyone waits for
 * that. A file is a sequence of frames: `u32 payload length, u32 crc32 of the payload`, then records, each
 * `u8 kind, u16 key length, u16 member length, f64 score, key, member`, all little endian.
 */
export class Journal {
  readonly #options: JournalOptions;
  #file: FileHandle;
  #generation: number;
  #buffer = Buffer.allocUnsafe(INITIAL_BUFFER_BYTES);
  #spare = Buffer.allocUnsafe(INITIAL_BUFFER_BYTES);
  #length = FRAME_HEADER_BYTES;
  /** The write of an earlier frame, and the one that will take what is in the buffer. */
  #writing: Promise<void> | undefined;
  #pending: Promise<void> | undefined;
  /** The file to continue in once the frame that is being written is complete. */
  #next:
    | {
        file: FileHandle;
        generation: number;
        done: (old: FileHandle) => void;
        failed: (error: TimelineError) => void;
      }
    | undefined;
  #failure: TimelineError | undefined;
  #unsynced = false;
  readonly #syncTimer: NodeJS.Timeout | undefined;
  /** Bytes in the current file. */
  fileBytes = 0;

  private constructor(options: JournalOptions, file: FileHandle, generation: number) {
    this.#options = options;
    this.#file = file;
    this.#generation = generation;
    if (options.syncIntervalMs > 0) {
      this.#syncTimer = setInterval(
        () => void this.#sync().catch((error) => this.#fail(error)),
        options.syncIntervalMs,
      );
      this.#syncTimer.unref();
    }
  }

  /** Starts a new file after all that are there. */
  static async open(options: JournalOptions): Promise<Journal> {
    await mkdir(options.folder, { recursive: true });
    const generation = ((await generations(options.folder)).at(-1) ?? 0) + 1;
    return new Journal(options, await open(fileName(options.folder, generation), 'wx'), generation);
  }

  /** Adds a record to what the next commit writes. */
  append(kind: JournalKind, key: Bytes, { score, member }: Position): void {
    const end = this.#length + RECORD_HEADER_BYTES + key.length + member.length;
    if (end > this.#buffer.length) this.#grow(end);
    const buffer = this.#buffer;
    let at = this.#length;
    buffer[at] = KINDS.indexOf(kind);
    buffer.writeUInt16LE(key.length, at + 1);
    buffer.writeUInt16LE(member.length, at + 3);
    buffer.writeDoubleLE(score, at + 5);
    at += RECORD_HEADER_BYTES;
    at += writeBytes(buffer, at, key);
    at += writeBytes(buffer, at, member);
    this.#length = at;
  }

  /** Resolves when everything appended so far is in the file. Rejects with STORE_FAILED. */
  commit(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#length === FRAME_HEADER_BYTES) return this.#pending ?? this.#writing ?? Promise.resolve();
    this.#pending ??= (this.#writing ?? Promise.resolve()).then(() => {
      this.#pending = undefined;
      this.#writing = this.#writeFrame().catch((error) => this.#fail(error));
      return this.#writing;
    });
    return this.#pending;
  }

  /** Continues in a new file and returns its generation: whoever stores what is older may drop the files before it. */
  async rotate(): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure;
    const generation = this.#generation + 1;
    const file = await open(fileName(this.#options.folder, generation), 'wx');
    const old = await new Promise<FileHandle>((resolve, reject) => {
      this.#next = { file, generation, done: resolve, failed: reject };
      if (this.#writing === undefined) this.#switchFile();
    });
    await old.datasync();
    await old.close();
    return generation;
  }

  /** Removes the files before a generation. */
  async drop(before: number): Promise<void> {
    for (const generation of await generations(this.#options.folder)) {
      if (generation < before) await rm(fileName(this.#options.folder, generation));
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#syncTimer);
    if (this.#failure === undefined) {
      await this.commit();
      await this.#sync();
    }
    await this.#file.close();
  }

  async #writeFrame(): Promise<void> {
    const frame = this.#buffer.subarray(0, this.#length);
    this.#buffer = this.#spare;
    this.#length = FRAME_HEADER_BYTES;
    frame.writeUInt32LE(frame.length - FRAME_HEADER_BYTES, 0);
    frame.writeUInt32LE(crc32(frame.subarray(FRAME_HEADER_BYTES)), 4);
    for (let written = 0; written < frame.length;) {
      written += (await this.#file.write(frame, written)).bytesWritten;
    }
    this.fileBytes += frame.length;
    this.#unsynced = true;
    if (this.#options.syncIntervalMs === 0) await this.#sync();
    const keep = frame.buffer.byteLength <= MAX_KEPT_BUFFER_BYTES;
    this.#spare = keep ? Buffer.from(frame.buffer) : Buffer.allocUnsafe(INITIAL_BUFFER_BYTES);
    this.#writing = undefined;
    this.#switchFile();
  }

  #switchFile(): void {
    if (this.#next === undefined) return;
    const { file, generation, done } = this.#next;
    const old = this.#file;
    this.#next = undefined;
    this.#file = file;
    this.#generation = generation;
    this.fileBytes = 0;
    done(old);
  }

  async #sync(): Promise<void> {
    if (!this.#unsynced) return;
    this.#unsynced = false;
    await this.#file.datasync();
  }

  #fail(error: unknown): never {
    this.#failure ??= new TimelineError(
      'STORE_FAILED',
      `the journal in ${this.#options.folder} could not be written; free the disk and open the store again`,
      { cause: error },
    );
    this.#next?.failed(this.#failure);
    throw this.#failure;
  }

  #grow(bytes: number): void {
    const grown = Buffer.allocUnsafe(Math.max(bytes, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#length);
    this.#buffer = grown;
  }
}

/**
 * Gives every record of the files from a generation on to `visit`, oldest first. Returns the bytes behind the last
 * whole frame of each file: a write that was cut off by a crash, and never acknowledged.
 */
export async function replayJournal(
  folder: string,
  from: number,
  visit: (kind: JournalKind, key: Bytes, position: Position) => void,
): Promise<{ droppedBytes: number }> {
  let droppedBytes = 0;
  for (const generation of await generations(folder)) {
    if (generation < from) continue;
    const data = await readFile(fileName(folder, generation));
    let at = 0;
    for (let payload = frameAt(data, at); payload !== undefined; payload = frameAt(data, at)) {
      readRecords(payload, visit);
      at += FRAME_HEADER_BYTES + payload.length;
    }
    droppedBytes += data.length - at;
  }
  return { droppedBytes };
}

function frameAt(data: Buffer, at: number): Buffer | undefined {
  if (at + FRAME_HEADER_BYTES > data.length) return undefined;
  const end = at + FRAME_HEADER_BYTES + data.readUInt32LE(at);
  if (end > data.length) return undefined;
  const payload = data.subarray(at + FRAME_HEADER_BYTES, end);
  return payload.length > 0 && crc32(payload) === data.readUInt32LE(at + 4) ? payload : undefined;
}

function readRecords(
  payload: Buffer,
  visit: (kind: JournalKind, key: Bytes, position: Position) => void,
): void {
  for (let at = 0; at < payload.length;) {
    const keyStart = at + RECORD_HEADER_BYTES;
    const memberStart = keyStart + payload.readUInt16LE(at + 1);
    const end = memberStart + payload.readUInt16LE(at + 3);
    const key = payload.toString('latin1', keyStart, memberStart);
    const member = payload.toString('latin1', memberStart, end);
    visit(KINDS[payload[at]!]!, key, { score: payload.readDoubleLE(at + 5), member });
    at = end;
  }
}

async function generations(folder: string): Promise<number[]> {
  const numbers = (await readdir(folder)).map((name) => Number(FILE_NAME.exec(name)?.[1]));
  return numbers.filter((number) => !Number.isNaN(number)).sort((a, b) => a - b);
}

function fileName(folder: string, generation: number): string {
  return join(folder, `journal-${String(generation).padStart(10, '0')}.log`);
}
