import { compareUtf8, type Labels } from '@binnacle/model';
import { ByteWriter, encodeUtf8 } from '../codec/bytes.ts';
import { crc32c } from '../codec/crc32c.ts';
import { FORMAT_VERSION, INDEX_MAGIC, SECTIONS, type Section } from './layout.ts';

interface PairEntry {
  readonly name: string;
  readonly value: string;
  readonly postings: number[];
  id: number;
}

/** Collects what a block's index says and lays its file out. Series come in label order. */
export class IndexBuilder {
  readonly #pairs = new Map<string, Map<string, PairEntry>>();
  readonly #labels: PairEntry[][] = [];
  readonly #hashes: number[] = [];
  readonly #chunks = new ByteWriter(1 << 16);
  readonly #chunkOffsets: number[] = [];
  readonly #columns = new ByteWriter();
  readonly #columnOffsets: number[] = [];
  readonly #pageSums: number[] = [];

  startSeries(labels: Labels, hash: number): void {
    const id = this.#labels.length + 1;
    const entries: PairEntry[] = [];
    for (const [name, value] of labels) {
      let values = this.#pairs.get(name);
      if (values === undefined) this.#pairs.set(name, (values = new Map()));
      let entry = values.get(value);
      if (entry === undefined) values.set(value, (entry = { name, value, postings: [], id: 0 }));
      entry.postings.push(id);
      entries.push(entry);
    }
    this.#labels.push(entries);
    this.#hashes.push(hash);
  }

  endSeries(
    dataOffset: number,
    chunks: readonly { readonly column: number; readonly length: number }[],
  ): void {
    const out = this.#chunks;
    this.#chunkOffsets.push(out.length);
    out.uvarint(chunks.length);
    if (chunks.length > 0) out.uvarint(dataOffset);
    let previous = 0;
    for (const { column, length } of chunks) {
      out.varint(column - previous);
      out.uvarint(length);
      previous = column;
    }
  }

  addColumn(at: number, length: number, count: number, minTime: number, maxTime: number): number {
    this.#columnOffsets.push(this.#columns.length);
    this.#columns.uvarint(at);
    this.#columns.uvarint(length);
    this.#columns.uvarint(count);
    this.#columns.varint(minTime);
    this.#columns.uvarint(maxTime - minTime);
    return this.#columnOffsets.length - 1;
  }

  addPageSum(sum: number): void {
    this.#pageSums.push(sum);
  }

  /** The bytes of the index file. */
  build(): Uint8Array {
    const names = [...this.#pairs.keys()].sort(compareUtf8);
    const texts = new Set<string>(names);
    const pairs: PairEntry[] = [];
    for (const name of names) {
      const entries = [...this.#pairs.get(name)!.values()].sort((a, b) => compareUtf8(a.value, b.value));
      for (const entry of entries) {
        entry.id = pairs.push(entry);
        texts.add(entry.value);
      }
    }
    const symbols = [...texts].sort(compareUtf8);
    const symbolIds = new Map(symbols.map((text, i) => [text, i]));
    const encoded = symbols.map(encodeUtf8);
    const postings = new ByteWriter(1 << 16);
    const postingsOffsets = pairs.map((pair) => {
      const at = postings.length;
      postings.uvarint(pair.postings.length);
      let previous = 0;
      for (const id of pair.postings) {
        postings.uvarint(id - previous);
        previous = id;
      }
      return at;
    });
    const series = new ByteWriter(1 << 16);
    const chunkBytes = this.#chunks.view();
    const seriesOffsets = this.#labels.map((entries, i) => {
      const at = series.length;
      series.uvarint(entries.length);
      let previous = 0;
      for (const { id } of entries) {
        series.uvarint(id - previous);
        previous = id;
      }
      series.raw(chunkBytes.subarray(this.#chunkOffsets[i], this.#chunkOffsets[i + 1] ?? chunkBytes.length));
      return at;
    });
    return layOut({
      symbolOffsets: offsetWords(encoded.map((bytes) => bytes.length)),
      symbolBytes: concat(encoded),
      pairNames: words(pairs.map(({ name }) => symbolIds.get(name)!)),
      pairValues: words(pairs.map(({ value }) => symbolIds.get(value)!)),
      postingsOffsets: words(postingsOffsets),
      postings: postings.view(),
      seriesOffsets: words(seriesOffsets),
      seriesHashes: words(this.#hashes),
      series: series.view(),
      columnOffsets: words([...this.#columnOffsets, this.#columns.length]),
      columns: this.#columns.view(),
      pageSums: words(this.#pageSums),
    });
  }
}

function layOut(sections: Record<Section, Uint8Array>): Uint8Array {
  const out = new ByteWriter(1 << 16);
  out.u32(INDEX_MAGIC);
  out.u32(FORMAT_VERSION);
  const toc = SECTIONS.map((section) => {
    while (out.length % 4 !== 0) out.u8(0);
    const at = out.length;
    out.raw(sections[section]);
    return [at, out.length - at] as const;
  });
  for (const [at, length] of toc) {
    out.u32(at);
    out.u32(length);
  }
  out.u32(crc32c(out.view()));
  return out.copy();
}

/** Pairs of one name follow each other, in the order of their values; labels of a series ascend by name. */
function words(values: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function offsetWords(lengths: readonly number[]): Uint8Array {
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, i) => (offsets[i + 1] = offsets[i]! + length));
  return new Uint8Array(offsets.buffer);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
