import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { syncFolder, writeSynced } from '../block/syncedFiles.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { messageOf, TsdbError } from '../errors.ts';
import {
  MAX_RECORD,
  readRecords,
  RECORD_HEADER,
  repair,
  writeRecordHeader,
  type WalDamage,
} from './segmentFile.ts';

export interface WalOptions {
  readonly folder: string;
  readonly segmentBytes: number;
  /** How often written records are forced to the disk. 0 forces each one before it is acknowledged. */
  readonly syncIntervalMs: number;
}

/** How far replay is, in numbers of segments. */
export interface ReplayProgress {
  readonly first: number;
  readonly last: number;
  readonly current: number;
}

interface Segment {
  readonly number: number;
  maxTime: number;
}

/**
 * The write-ahead log: numbered segments of records, each record with its length and CRC-32C (docs/formats.md).
 * `append` returns once the record is with the operating system, so that it outlives the process; it is on disk after
 * at most `syncIntervalMs`.
 */
export class Wal {
  readonly #options: WalOptions;
  readonly #segments: Segment[] = [];
  readonly #header = new ByteWriter(RECORD_HEADER);
  #descriptor = -1;
  #size = 0;
  #isDirty = false;
  #syncing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Called when a sync in the background fails. */
  onSyncError: (error: unknown) => void = () => {};

  constructor(options: WalOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
  }

  /** Number of the segment that is written. */
  get current(): number {
    return this.#segments[this.#segments.length - 1]!.number;
  }

  get sizeBytes(): number {
    const { folder } = this.#options;
    return readdirSync(folder).reduce((total, name) => total + statSync(join(folder, name)).size, 0);
  }

  /**
   * Calls `visit` with the newest checkpoint's records and then those of every segment from its number on. Damaged
   * parts are skipped and reported; a torn tail is cut off, a damaged segment is kept beside the log as `.damaged`.
   * `visit` returns the newest time in the record. Then opens a new segment for writing. A step is one record, so that
   * other work may have its turn in between.
   */
  *replay(
    visit: (payload: Uint8Array, segment: number) => number,
  ): Generator<ReplayProgress, WalDamage[], undefined> {
    const { folder } = this.#options;
    const names = readdirSync(folder);
    for (const name of names) if (name.endsWith('.tmp')) rmSync(join(folder, name));
    const checkpoint = newestCheckpoint(names);
    const damages: WalDamage[] = [];
    const numbers = names
      .filter((name) => /^\d{8}$/.test(name))
      .map(Number)
      .sort((a, b) => a - b);
    const last = numbers[numbers.length - 1] ?? checkpoint;
    const first = checkpoint >= 0 ? checkpoint : (numbers[0] ?? last);
    if (checkpoint >= 0) {
      const bytes = readFileSync(join(folder, checkpointName(checkpoint)));
      damages.push(
        ...(yield* readRecords(bytes, checkpoint, (payload) => {
          visit(payload, -1);
          return { first, last, current: checkpoint };
        })),
      );
    }
    for (const number of numbers) {
      const path = join(folder, segmentName(number));
      if (number < checkpoint) {
        rmSync(path);
        continue;
      }
      const segment = { number, maxTime: -Infinity };
      const found = yield* readRecords(readFileSync(path), number, (payload) => {
        segment.maxTime = Math.max(segment.maxTime, visit(payload, number));
        return { first, last, current: number };
      });
      this.#segments.push(segment);
      for (const damage of found) {
        damages.push({ ...damage, isTail: damage.isTail && number === last });
      }
      if (found.length > 0) repair(path, found);
    }
    this.#open(Math.max(checkpoint, last) + 1);
    return damages;
  }

  /** Writes one record. Throws TSDB_WAL_WRITE, with nothing of the record left in the log. */
  append(payload: Uint8Array, maxTime: number): void {
    if (payload.length > MAX_RECORD) {
      throw new TsdbError(
        'TSDB_WAL_WRITE',
        `expected at most ${MAX_RECORD} bytes in one batch, found ${payload.length}; commit smaller batches`,
      );
    }
    if (this.#size > this.#options.segmentBytes) this.cutSegment();
    this.#header.clear();
    writeRecordHeader(this.#header, payload);
    try {
      this.#writeAll(this.#header.view(), this.#size);
      this.#writeAll(payload, this.#size + RECORD_HEADER);
      if (this.#options.syncIntervalMs === 0) fdatasyncSync(this.#descriptor);
    } catch (error) {
      this.#cutBack();
      throw new TsdbError(
        'TSDB_WAL_WRITE',
        `expected to write ${RECORD_HEADER + payload.length} bytes to ${this.#options.folder}, found: ${messageOf(error)}`,
        error,
      );
    }
    this.#size += RECORD_HEADER + payload.length;
    const segment = this.#segments[this.#segments.length - 1]!;
    if (maxTime > segment.maxTime) segment.maxTime = maxTime;
    this.#isDirty = true;
    this.#schedule();
  }

  /**
   * Ends the current segment, synced, and returns the number of the new one. Throws TSDB_WAL_WRITE; the current
   * segment is then written on.
   */
  cutSegment(): number {
    const old = this.#descriptor;
    try {
      fdatasyncSync(old);
      this.#open(this.current + 1);
    } catch (error) {
      const path = join(this.#options.folder, segmentName(this.current + 1));
      throw new TsdbError('TSDB_WAL_WRITE', `expected to begin ${path}, found: ${messageOf(error)}`, error);
    }
    closeSync(old);
    return this.current;
  }

  /**
   * Writes a checkpoint that stands for every segment before the first one with a time from `minTime` on (but not
   * after `floor`), then removes those.
   */
  checkpoint(minTime: number, floor: number, records: Iterable<Uint8Array>): void {
    const first = this.#segments.find(({ number, maxTime }) => number >= floor || maxTime >= minTime)!.number;
    const { folder } = this.#options;
    const out = new ByteWriter(1 << 16);
    for (const payload of records) {
      writeRecordHeader(out, payload);
      out.raw(payload);
    }
    const path = join(folder, checkpointName(first));
    try {
      writeSynced(`${path}.tmp`, out.view());
      renameSync(`${path}.tmp`, path);
      syncFolder(folder);
    } catch (error) {
      throw new TsdbError('TSDB_WAL_WRITE', `expected to write ${path}, found: ${messageOf(error)}`, error);
    }
    for (const name of readdirSync(folder)) {
      const old = /^checkpoint\.(\d{8})$/.exec(name);
      if (old !== null && Number(old[1]) < first) rmSync(join(folder, name));
    }
    while (this.#segments[0]!.number < first)
      rmSync(join(folder, segmentName(this.#segments.shift()!.number)));
  }

  /** Forces everything written to the disk. */
  sync(): void {
    if (this.#isDirty) fdatasyncSync(this.#descriptor);
    this.#isDirty = false;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#syncing;
    if (this.#descriptor < 0) return;
    this.sync();
    closeSync(this.#descriptor);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#options.syncIntervalMs === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isDirty) return;
      this.#isDirty = false;
      this.#syncing = new Promise((resolve) => {
        fdatasync(this.#descriptor, (error) => {
          // A segment that was cut meanwhile was synced then, and its descriptor is closed.
          if (error !== null && error.code !== 'EBADF') this.onSyncError(error);
          resolve();
        });
      });
    }, this.#options.syncIntervalMs);
    this.#timer.unref();
  }

  #open(number: number): void {
    this.#descriptor = openSync(join(this.#options.folder, segmentName(number)), 'w');
    this.#size = 0;
    this.#segments.push({ number, maxTime: -Infinity });
  }

  #writeAll(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) {
      done += writeSync(this.#descriptor, bytes, done, bytes.length - done, at + done);
    }
  }

  #cutBack(): void {
    try {
      ftruncateSync(this.#descriptor, this.#size);
    } catch (error) {
      // The next replay cuts off what is left of the record.
      this.onSyncError(error);
    }
  }
}

function newestCheckpoint(names: readonly string[]): number {
  const numbers = names.flatMap((name) => /^checkpoint\.(\d{8})$/.exec(name)?.[1] ?? []);
  return Math.max(-1, ...numbers.map(Number));
}

function segmentName(number: number): string {
  return String(number).padStart(8, '0');
}

function checkpointName(number: number): string {
  return `checkpoint.${segmentName(number)}`;
}
