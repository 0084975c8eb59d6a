import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Labels } from '@binnacle/model';
import { BlockWriter } from '../block/blockWriter.ts';
import { newUlid, type BlockMeta } from '../block/meta.ts';
import { syncFolder } from '../block/syncedFiles.ts';
import { createStoredBuffer } from '../db/series.ts';
import { TsdbError } from '../errors.ts';
import type { ImportResult, OnProgress } from '../prometheus/importBlocks.ts';
import { lineError, parseSeries, parseValue, seriesEnd } from './parseOpenMetrics.ts';
import { SampleSorter } from './sampleSorter.ts';
import { SampleSpool } from './sampleSpool.ts';
import { SeriesNumbers } from './seriesNumbers.ts';
import { textLines } from './textLines.ts';

const BLOCK_MS = 7_200_000;
/** Samples of a block that are sorted in memory at one time: 64 MiB. */
const SORTED_AT_ONCE = 1 << 22;
const SERIES_A_TURN = 256;
/** Reading takes about this much of the work. */
const READING_SHARE = 0.7;

/**
 * Writes an OpenMetrics file (https://prometheus.io/docs/specs/om/open_metrics_spec/), whose samples must all have
 * timestamps, into a store's folder, one block for each two hours that have samples; an open store takes them up with
 * `reloadBlocks`. Of two samples of a series with one time the first counts; exemplars are passed by.
 *
 * The file is read once, piece by piece, and its samples wait on disk, 20 bytes each, until the block of their two hours
 * is written: memory is that of the series and of some million samples, whatever the size of the file. Throws
 * TSDB_BAD_IMPORT with the line, and then nothing was written.
 */
export async function backfillOpenMetrics(
  file: string,
  folder: string,
  onProgress: OnProgress = () => undefined,
  sortedAtOnce = SORTED_AT_ONCE,
): Promise<ImportResult> {
  mkdirSync(folder, { recursive: true });
  // A store removes a folder of this name, which only a crash leaves.
  const temporary = join(folder, `${newUlid(Date.now())}.tmp`);
  using spool = new SampleSpool(temporary, BLOCK_MS);
  const numbers = new SeriesNumbers();
  await readSamples(file, numbers, spool, (share) => onProgress(READING_SHARE * share));
  const { labels, ranks } = numbers.ordered();
  const spans = spool.spans();
  const total = spans.reduce((sum, [, samples]) => sum + samples, 0);
  const metas: BlockMeta[] = [];
  let done = 0;
  for (const [span, samples] of spans) {
    const meta = await writeSpan(temporary, spool, span, {
      labels,
      ranks,
      sortedAtOnce,
      onWritten: (written) => onProgress(READING_SHARE + ((1 - READING_SHARE) * (done + written)) / total),
    });
    metas.push(meta);
    spool.forget(span);
    done += samples;
  }
  for (const { ulid } of metas) renameSync(join(temporary, ulid), join(folder, ulid));
  syncFolder(folder);
  return {
    blocks: metas.map(({ ulid }) => ulid),
    series: labels.length,
    samples: metas.reduce((sum, { stats }) => sum + stats.numSamples, 0),
  };
}

async function readSamples(
  file: string,
  numbers: SeriesNumbers,
  spool: SampleSpool,
  onProgress: OnProgress,
): Promise<void> {
  let hasEnd = false;
  for (const { lines, first, share } of textLines(file)) {
    for (const [i, line] of lines.entries()) {
      if (hasEnd) throw lineError(first + i, 'nothing after # EOF', line.slice(0, 40));
      if (line === '# EOF') hasEnd = true;
      else if (line !== '' && !line.startsWith('#')) {
        const end = seriesEnd(line, first + i);
        const [value, timeMs] = parseValue(line.slice(end), first + i);
        spool.add(
          numbers.of(line.slice(0, end), (text) => parseSeries(text, first + i)),
          timeMs,
          value,
        );
      }
    }
    onProgress(share);
    await setImmediate();
  }
  if (!hasEnd)
    throw new TsdbError('TSDB_BAD_IMPORT', 'expected OpenMetrics text to end with # EOF, found the end');
}

interface SpanOptions {
  /** Series in label order. */
  readonly labels: readonly Labels[];
  /** The place of each series in it, by its number. */
  readonly ranks: Uint32Array;
  readonly sortedAtOnce: number;
  readonly onWritten: (samples: number) => void;
}

/** Writes the block of a span, as many series at a time as fit into memory. */
async function writeSpan(
  folder: string,
  spool: SampleSpool,
  span: number,
  options: SpanOptions,
): Promise<BlockMeta> {
  const ulid = newUlid(Date.now());
  const writer = new BlockWriter(folder, ulid);
  try {
    await writeSeries(writer, spool, span, options);
  } catch (error) {
    writer.abort();
    throw error;
  }
  return writer.finish({ level: 1, parents: [], sources: [ulid] })!;
}

async function writeSeries(
  writer: BlockWriter,
  spool: SampleSpool,
  span: number,
  { labels, ranks, sortedAtOnce, onWritten }: SpanOptions,
): Promise<void> {
  const counts = new Uint32Array(labels.length);
  for (const { series } of spool.read(span)) for (const number of series) counts[ranks[number]!]!++;
  const sorter = new SampleSorter();
  const buffer = createStoredBuffer();
  let written = 0;
  for (let from = 0; from < labels.length;) {
    let to = from + 1;
    let samples = counts[from]!;
    while (to < labels.length && samples + counts[to]! <= sortedAtOnce) samples += counts[to++]!;
    const part = samplesOf(spool, span, { ranks, counts, from, to, samples });
    let at = 0;
    for (let rank = from; rank < to; rank++) {
      sorter.clear();
      for (const end = at + counts[rank]!; at < end; at++) {
        sorter.add(part.times[at]!, part.words[2 * at]!, part.words[2 * at + 1]!);
      }
      sorter.drain(buffer);
      writer.add(labels[rank]!, buffer);
      if (rank % SERIES_A_TURN !== 0) continue;
      onWritten(written + at);
      await setImmediate();
    }
    written += samples;
    from = to;
  }
}

/** The samples of the series of some ranks, series by series, each in the order of the file. */
function samplesOf(
  spool: SampleSpool,
  span: number,
  {
    ranks,
    counts,
    from,
    to,
    samples,
  }: {
    readonly ranks: Uint32Array;
    readonly counts: Uint32Array;
    readonly from: number;
    readonly to: number;
    readonly samples: number;
  },
): { readonly times: Float64Array; readonly words: Uint32Array } {
  const places = new Uint32Array(to - from);
  for (let rank = from + 1; rank < to; rank++)
    places[rank - from] = places[rank - from - 1]! + counts[rank - 1]!;
  const times = new Float64Array(samples);
  const words = new Uint32Array(2 * samples);
  for (const piece of spool.read(span)) {
    const pieceWords = new Uint32Array(piece.values.buffer);
    for (let i = 0; i < piece.count; i++) {
      const rank = ranks[piece.series[i]!]!;
      if (rank < from || rank >= to) continue;
      const at = places[rank - from]!++;
      times[at] = piece.times[i]!;
      words[2 * at] = pieceWords[2 * i]!;
      words[2 * at + 1] = pieceWords[2 * i + 1]!;
    }
  }
  return { times, words };
}
