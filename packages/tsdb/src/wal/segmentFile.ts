import { copyFileSync, readFileSync, renameSync, truncateSync } from 'node:fs';
import { writeSynced } from '../block/syncedFiles.ts';
import { ByteWriter } from '../codec/bytes.ts';
import { crc32c } from '../codec/crc32c.ts';

const RECORD_MAGIC = 0x4c41_5742; // "BWAL"
export const RECORD_HEADER = 12;
/** A longer record is not read back, so none is written. */
export const MAX_RECORD = 1 << 30;

/** What replay found damaged. */
export interface WalDamage {
  readonly segment: number;
  readonly offset: number;
  readonly bytes: number;
  /** True when the damage ended the log, as a write that was cut off does. */
  readonly isTail: boolean;
}

/** Writes what goes before a record's payload: magic, length, sum (docs/formats.md). */
export function writeRecordHeader(out: ByteWriter, payload: Uint8Array): void {
  out.u32(RECORD_MAGIC);
  out.u32(payload.length);
  out.u32(crc32c(payload));
}

/** Visits the sound records of a segment or checkpoint, one a step, and returns where it is damaged. */
export function* readRecords<T>(
  bytes: Uint8Array,
  segment: number,
  visit: (payload: Uint8Array) => T,
): Generator<T, WalDamage[], undefined> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const damages: WalDamage[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = soundEnd(view, bytes, at);
    if (end > 0) {
      yield visit(bytes.subarray(at + RECORD_HEADER, end));
      at = end;
      continue;
    }
    let next = at + 1;
    while (next < bytes.length && soundEnd(view, bytes, next) === 0) next++;
    damages.push({ segment, offset: at, bytes: next - at, isTail: next === bytes.length });
    at = next;
  }
  return damages;
}

/** The end of a sound record at a place, 0 when there is none. */
function soundEnd(view: DataView, bytes: Uint8Array, at: number): number {
  if (at + RECORD_HEADER > bytes.length || view.getUint32(at, true) !== RECORD_MAGIC) return 0;
  const length = view.getUint32(at + 4, true);
  const end = at + RECORD_HEADER + length;
  if (length > MAX_RECORD || end > bytes.length) return 0;
  return crc32c(bytes, at + RECORD_HEADER, end) === view.getUint32(at + 8, true) ? end : 0;
}

/** Cuts a torn tail off; a segment damaged in the middle is kept and replaced by its sound records. */
export function repair(path: string, damages: readonly WalDamage[]): void {
  if (damages.length === 1 && damages[0]!.isTail) {
    truncateSync(path, damages[0]!.offset);
    return;
  }
  copyFileSync(path, `${path}.damaged`);
  const bytes = readFileSync(path);
  const sound = new ByteWriter(bytes.length);
  let at = 0;
  for (const { offset, bytes: size } of damages) {
    sound.raw(bytes.subarray(at, offset));
    at = offset + size;
  }
  sound.raw(bytes.subarray(at));
  writeSynced(`${path}.tmp`, sound.view());
  renameSync(`${path}.tmp`, path);
}
