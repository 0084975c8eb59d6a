import { mkdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { Labels } from '@binnacle/model';
import { writeBlocks } from '../db/maintenance.ts';
import { MergedSet } from '../db/mergedSet.ts';
import type { SourceSelection, StoredBuffer } from '../db/series.ts';
import { hashText } from '../index/hashing.ts';
import type { ImportResult, OnProgress } from '../prometheus/importBlocks.ts';
import { parseOpenMetrics } from './parseOpenMetrics.ts';
import { SampleSorter } from './sampleSorter.ts';

const BLOCK_MS = 7_200_000;
const LINES_A_TURN = 10_000;
const SERIES_A_TURN = 100;

interface BackfillSeries {
  readonly labels: Labels;
  readonly times: number[];
  readonly values: number[];
}

/**
 * Writes OpenMetrics text with timestamps into a store's folder, one block for each two hours that have samples; an
 * open store takes them up with `reloadBlocks`. Of two samples of a series with one time the first counts. Throws
 * TSDB_BAD_IMPORT, and then nothing was written.
 */
export async function backfillOpenMetrics(
  text: string,
  folder: string,
  onProgress: OnProgress = () => undefined,
): Promise<ImportResult> {
  const found = new Map<string, BackfillSeries>();
  let lines = 0;
  for (const { labels, value, timestampMs, end } of parseOpenMetrics(text)) {
    if (++lines % LINES_A_TURN === 0) {
      await setImmediate();
      onProgress(end / text.length / 2);
    }
    let series = found.get(labels.key);
    if (series === undefined) found.set(labels.key, (series = { labels, times: [], values: [] }));
    series.times.push(timestampMs);
    series.values.push(value);
  }
  mkdirSync(folder, { recursive: true });
  const sorted = [...found.values()].sort((a, b) => Labels.compare(a.labels, b.labels));
  const set = new MergedSet([selectionOf(sorted, (share) => onProgress((1 + share) / 2))], []);
  const metas = await writeBlocks(folder, set, BLOCK_MS, { level: 1, parents: [] });
  return {
    blocks: metas.map(({ ulid }) => ulid),
    series: sorted.length,
    samples: metas.reduce((total, { stats }) => total + stats.numSamples, 0),
  };
}

function selectionOf(series: readonly BackfillSeries[], onProgress: OnProgress): SourceSelection {
  const sorter = new SampleSorter();
  return {
    length: series.length,
    hash: (index) => hashText(series[index]!.labels.key),
    labels: (index) => series[index]!.labels,
    labelColumn: (name) => (index) => series[index]!.labels.get(name),
    read: (index: number, out: StoredBuffer) => {
      if (index % SERIES_A_TURN === 0) onProgress(index / series.length);
      const { times, values } = series[index]!;
      const floats = Float64Array.from(values);
      const words = new Uint32Array(floats.buffer);
      sorter.clear();
      times.forEach((time, i) => sorter.add(time, words[2 * i]!, words[2 * i + 1]!));
      sorter.drain(out);
    },
  };
}
