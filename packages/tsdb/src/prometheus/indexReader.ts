import { Labels } from '@binnacle/model';
import { ByteReader } from '../codec/bytes.ts';
import { crc32c } from '../codec/crc32c.ts';
import { TsdbError } from '../errors.ts';
import { INDEX_MAGIC, type PrometheusSeries } from './indexWriter.ts';

/** A series of a Prometheus index with its id there (tombstones refer to it). */
export interface IndexedSeries extends PrometheusSeries {
  readonly id: number;
}

/** Reads the series of an index of version 2, in their order. Throws TSDB_BAD_IMPORT. */
export function* readPrometheusIndex(file: Uint8Array): IterableIterator<IndexedSeries> {
  const refuse = (detail: string): never => {
    throw new TsdbError('TSDB_BAD_IMPORT', `${detail} in the index`);
  };
  const header = new ByteReader(file);
  if (file.length < 57 || header.u32be() !== INDEX_MAGIC) refuse('expected the magic number baaad700');
  const version = header.u8();
  if (version !== 2) refuse(`expected version 2, found ${version}`);
  const toc = new ByteReader(file, file.length - 52);
  if (crc32c(file, file.length - 52, file.length - 4) !== new ByteReader(file, file.length - 4).u32be())
    refuse('expected the checksum of the table of contents to match, found other bytes');
  const [symbolsAt, , , , , postingsTableAt] = Array.from({ length: 6 }, () => toc.u64be());
  const symbolSection = section(file, symbolsAt!);
  const symbols = Array.from({ length: symbolSection.u32be() }, () => symbolSection.string());
  for (const id of allPostings(file, postingsTableAt!)) {
    const at = id * 16;
    const outer = new ByteReader(file, at);
    const length = outer.uvarint();
    const start = outer.position;
    const entry = new ByteReader(file, start, start + length);
    if (crc32c(file, start, start + length) !== new ByteReader(file, start + length).u32be())
      refuse(`expected the checksum of series ${id} to match, found other bytes`);
    const names: string[] = [];
    const values: string[] = [];
    for (let rest = entry.uvarint(); rest > 0; rest--) {
      names.push(symbols[entry.uvarint()]!);
      values.push(symbols[entry.uvarint()]!);
    }
    const chunks: { minTime: number; maxTime: number; ref: number }[] = [];
    for (let rest = entry.uvarint(), i = 0; i < rest; i++) {
      const previous = chunks[i - 1];
      const minTime = previous === undefined ? entry.varint() : previous.maxTime + entry.uvarint();
      const maxTime = minTime + entry.uvarint();
      const ref = previous === undefined ? entry.uvarint() : previous.ref + entry.varint();
      chunks.push({ minTime, maxTime, ref });
    }
    yield { id, labels: new Labels(names, values), chunks };
  }
}

/** Ids of all series: the postings of the empty name. */
function allPostings(file: Uint8Array, tableAt: number): number[] {
  const table = section(file, tableAt);
  for (let rest = table.u32be(); rest > 0; rest--) {
    table.uvarint();
    const name = table.string();
    const value = table.string();
    const at = table.uvarint();
    if (name !== '' || value !== '') continue;
    const postings = section(file, at);
    return Array.from({ length: postings.u32be() }, () => postings.u32be());
  }
  throw new TsdbError('TSDB_BAD_IMPORT', 'expected the postings of all series in the index, found none');
}

/** A section's content, its sum checked. */
function section(file: Uint8Array, at: number): ByteReader {
  const length = new ByteReader(file, at).u32be();
  const start = at + 4;
  const sum = new ByteReader(file, start + length).u32be();
  if (crc32c(file, start, start + length) !== sum) {
    throw new TsdbError(
      'TSDB_BAD_IMPORT',
      `expected the checksum of the section at ${at} of the index to match, found other bytes`,
    );
  }
  return new ByteReader(file, start, start + length);
}
