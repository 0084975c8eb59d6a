import { crc32c } from '../codec/crc32c.ts';
import { TsdbError } from '../errors.ts';
import { FORMAT_VERSION, INDEX_MAGIC, SECTIONS, type Section } from './layout.ts';

const HEADER = 8;

/** The sections of an index file, checked. Throws TSDB_CORRUPT_BLOCK; `path` is for the message. */
export function readSections(file: Uint8Array, path: string): Record<Section, Uint8Array> {
  const refuse = (detail: string): never => {
    throw new TsdbError(
      'TSDB_CORRUPT_BLOCK',
      `${detail} in ${path}; restore the block from a backup or remove its folder`,
    );
  };
  const tocSize = SECTIONS.length * 8;
  if (file.length < HEADER + tocSize + 4)
    refuse(`expected an index of at least ${HEADER + tocSize + 4} bytes, found ${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (view.getUint32(0, true) !== INDEX_MAGIC || file[4] !== FORMAT_VERSION)
    refuse(`expected an index of format ${FORMAT_VERSION}, found other bytes`);
  if (crc32c(file, 0, file.length - 4) !== view.getUint32(file.length - 4, true))
    refuse('expected the checksum of the index to match, found other bytes');
  const toc = file.length - 4 - tocSize;
  const entries = SECTIONS.map((section, i) => {
    const at = view.getUint32(toc + 8 * i, true);
    return [section, file.subarray(at, at + view.getUint32(toc + 8 * i + 4, true))] as const;
  });
  return Object.fromEntries(entries) as Record<Section, Uint8Array>;
}
