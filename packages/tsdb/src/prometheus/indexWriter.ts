import { compareUtf8, type Labels } from '@binnacle/model';
import { ByteWriter } from '../codec/bytes.ts';
import { crc32c } from '../codec/crc32c.ts';

export const INDEX_MAGIC = 0xbaaad700;

/** A chunk of a series in the chunk files. `ref` is the file number (from 0) times 2^32 plus the offset. */
export interface PrometheusChunk {
  readonly minTime: number;
  readonly maxTime: number;
  readonly ref: number;
}

export interface PrometheusSeries {
  readonly labels: Labels;
  readonly chunks: readonly PrometheusChunk[];
}

/** The bytes of an index file of version 2, of series in label order. */
export function buildPrometheusIndex(series: readonly PrometheusSeries[]): Uint8Array {
  const out = new ByteWriter(1 << 20);
  out.u32be(INDEX_MAGIC);
  out.u8(2);
  const symbols = [...new Set(series.flatMap(({ labels }) => [...labels.names, ...labels.values]))].sort(
    compareUtf8,
  );
  const symbolIds = new Map(symbols.map((symbol, i) => [symbol, i]));
  const symbolsAt = out.length;
  writeSection(out, (content) => {
    content.u32be(symbols.length);
    for (const symbol of symbols) content.string(symbol);
  });
  align(out, 16);
  const seriesAt = out.length;
  const postings = new Map<string, Map<string, number[]>>();
  const all: number[] = [];
  const entry = new ByteWriter();
  for (const { labels, chunks } of series) {
    align(out, 16);
    const id = out.length / 16;
    all.push(id);
    entry.clear();
    writeSeries(entry, labels, chunks, symbolIds);
    out.uvarint(entry.length);
    out.raw(entry.view());
    out.u32be(crc32c(entry.view()));
    for (const [name, value] of labels) {
      const values = postings.get(name) ?? new Map<string, number[]>();
      postings.set(name, values);
      const ids = values.get(value);
      if (ids === undefined) values.set(value, [id]);
      else ids.push(id);
    }
  }
  align(out, 4);
  const postingsAt = out.length;
  const offsets: (readonly [string, string, number])[] = [['', '', out.length]];
  writePostings(out, all);
  for (const name of [...postings.keys()].sort(compareUtf8)) {
    const values = postings.get(name)!;
    for (const value of [...values.keys()].sort(compareUtf8)) {
      align(out, 4);
      offsets.push([name, value, out.length]);
      writePostings(out, values.get(value)!);
    }
  }
  align(out, 4);
  // Label indices are not read any more; an empty table of them is what a reader expects.
  const labelTableAt = out.length;
  writeSection(out, (content) => content.u32be(0));
  const postingsTableAt = out.length;
  writeSection(out, (content) => {
    content.u32be(offsets.length);
    for (const [name, value, at] of offsets) {
      content.uvarint(2);
      content.string(name);
      content.string(value);
      content.uvarint(at);
    }
  });
  const toc = new ByteWriter();
  for (const at of [symbolsAt, seriesAt, postingsAt, labelTableAt, postingsAt, postingsTableAt])
    toc.u64be(at);
  out.raw(toc.view());
  out.u32be(crc32c(toc.view()));
  return out.copy();
}

function writeSeries(
  out: ByteWriter,
  labels: Labels,
  chunks: readonly PrometheusChunk[],
  symbolIds: ReadonlyMap<string, number>,
): void {
  out.uvarint(labels.size);
  for (const [name, value] of labels) {
    out.uvarint(symbolIds.get(name)!);
    out.uvarint(symbolIds.get(value)!);
  }
  out.uvarint(chunks.length);
  let previous: PrometheusChunk | undefined;
  for (const chunk of chunks) {
    if (previous === undefined) {
      out.varint(chunk.minTime);
      out.uvarint(chunk.maxTime - chunk.minTime);
      out.uvarint(chunk.ref);
    } else {
      out.uvarint(chunk.minTime - previous.maxTime);
      out.uvarint(chunk.maxTime - chunk.minTime);
      out.varint(chunk.ref - previous.ref);
    }
    previous = chunk;
  }
}

function writePostings(out: ByteWriter, ids: readonly number[]): void {
  writeSection(out, (content) => {
    content.u32be(ids.length);
    for (const id of ids) content.u32be(id);
  });
}

const content = new ByteWriter(1 << 16);

/** A length, content and its sum. */
function writeSection(out: ByteWriter, write: (content: ByteWriter) => void): void {
  content.clear();
  write(content);
  out.u32be(content.length);
  out.raw(content.view());
  out.u32be(crc32c(content.view()));
}

function align(out: ByteWriter, size: number): void {
  while (out.length % size !== 0) out.u8(0);
}
