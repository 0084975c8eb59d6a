import { statSync } from 'node:fs';
import { seriesText } from '@binnacle/exposition';
import { formatGoFloat, Matcher, METRIC_NAME } from '@binnacle/model';
import { histogramText } from '@binnacle/promql';
import { formatSize } from '@binnacle/service-kit';
import {
  backfillOpenMetrics,
  createSampleBuffer,
  exportPrometheusBlocks,
  importPrometheusBlocks,
  listBlocks,
  type ImportResult,
  type OnProgress,
  type SelectRange,
  type Tsdb,
} from '@binnacle/tsdb';
import { messageOf } from '../errors.ts';
import { ALL_TIME } from '../query/seriesQueries.ts';
import { parseSelector } from '../routes/requestParams.ts';
import { blockTable } from './blockTable.ts';
import {
  argument,
  CommandUsageError,
  option,
  wholeOption,
  type Command,
  type CommandContext,
  type CommandOption,
} from './command.ts';
import { existingFolder, folderBytes, targetFolder, withStore } from './storeFolder.ts';

const RANGE_OPTIONS: Readonly<Record<string, CommandOption>> = {
  match: { value: '<selector>', help: 'Only these series. Default all.' },
  'min-time': { value: '<ms>', help: 'Only samples from this time on, in Unix milliseconds.' },
  'max-time': { value: '<ms>', help: 'Only samples up to this time, in Unix milliseconds.' },
};
const SERIES_A_TURN = 256;

/** Work on a data folder. */
export const tsdbCommands: readonly Command[] = [
  {
    name: 'tsdb list',
    usage: '<folder>',
    help: 'Lists the blocks of a data folder, ours or of Prometheus; a server may have it open.',
    maxArgs: 1,
    run: async (context) => {
      const blocks = listBlocks(existingFolder(context, 0, 'a data folder'));
      for (const line of blocks.length === 0 ? ['no blocks'] : blockTable(blocks)) context.print(line);
      context.print('', { blocks });
      return blocks.every(({ error }) => error === undefined) ? 0 : 1;
    },
  },
  {
    name: 'tsdb analyze',
    usage: '<folder>',
    help: 'Shows what makes the newest part of a store large.',
    options: { limit: { value: '<number>', help: 'Lines of each list. Default 20.' } },
    maxArgs: 1,
    run: (context) => withStore(context, (store) => analyze(context, store)),
  },
  {
    name: 'tsdb dump',
    usage: '<folder>',
    help: 'Prints samples, one a line: series, value, milliseconds.',
    options: RANGE_OPTIONS,
    maxArgs: 1,
    run: (context) => withStore(context, (store) => dump(context, store)),
  },
  {
    name: 'tsdb import',
    usage: '<folder> <Prometheus block, snapshot or data folder>',
    help: 'Takes blocks of Prometheus into a store.',
    maxArgs: 2,
    run: async (context) => {
      const folder = targetFolder(context, 0, "a store's folder");
      const source = existingFolder(context, 1, 'a folder with blocks of Prometheus');
      const result = await shown(context, 'importing', bytesOf(source), (onProgress) =>
        importPrometheusBlocks(source, folder, onProgress),
      );
      return printImport(context, result);
    },
  },
  {
    name: 'tsdb export',
    usage: '<folder> <target folder>',
    help: 'Writes blocks that Prometheus, promtool and Thanos read.',
    options: RANGE_OPTIONS,
    maxArgs: 2,
    run: (context) => withStore(context, (store) => exportBlocks(context, store)),
  },
  {
    name: 'tsdb backfill',
    usage: '<folder> <OpenMetrics file>',
    help: 'Makes blocks of samples with timestamps in the OpenMetrics format.',
    maxArgs: 2,
    run: async (context) => {
      const folder = targetFolder(context, 0, "a store's folder");
      const file = argument(context, 1, 'an OpenMetrics file');
      const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      const result = await shown(context, 'backfilling', bytes, (onProgress) =>
        backfillOpenMetrics(file, folder, onProgress),
      );
      return printImport(context, result);
    },
  },
];

async function analyze(context: CommandContext, store: Tsdb): Promise<void> {
  const cardinality = store.cardinality(wholeOption(context, 'limit', 20, 1));
  const stats = store.stats();
  context.print(
    `${stats.headSeries} series in the head, ${stats.blocks} blocks of ${formatSize(stats.blockBytes)}, ` +
      `log of ${formatSize(stats.walBytes)}`,
  );
  for (const [title, entries] of Object.entries(cardinality)) {
    context.print(`\n${title}:`);
    for (const { name, value } of entries) context.print(`${String(value).padStart(10)}  ${name}`);
  }
  context.print('', { stats, ...cardinality });
}

async function dump(context: CommandContext, store: Tsdb): Promise<void> {
  const set = store.select(matchersOf(context), rangeOf(context));
  const buffer = createSampleBuffer();
  for (let i = 0; i < set.length; i++) {
    set.read(i, buffer);
    const labels = set.labels(i);
    const name = seriesText(labels);
    for (let at = 0; at < buffer.length; at++) {
      const timestamp = buffer.timestamps[at]!;
      const histogram = buffer.histograms?.[at];
      const value =
        histogram === undefined ? formatGoFloat(buffer.values[at]!, 'g') : histogramText(histogram);
      context.print(`${name} ${value} ${timestamp}`, { metric: labels, value, timestamp });
    }
    await context.breathe();
  }
}

async function exportBlocks(context: CommandContext, store: Tsdb): Promise<void> {
  const target = targetFolder(context, 1, 'a folder for the blocks');
  const matchers = matchersOf(context);
  const range = await narrowed(context, store, matchers);
  const blocks =
    range.minMs > range.maxMs
      ? []
      : await shown(context, 'exporting', undefined, (onProgress) =>
          exportPrometheusBlocks(store, target, { matchers, range, onProgress }),
        );
  for (const block of blocks) context.print(block);
  if (blocks.length === 0) context.print('no samples to export');
  context.print('', { blocks });
}

/** Long work under a progress bar, in bytes or, where their number is not known, percent. Ctrl-C ends it. */
async function shown<T>(
  context: CommandContext,
  what: string,
  bytes: number | undefined,
  work: (onProgress: OnProgress) => Promise<T>,
): Promise<T> {
  const total = bytes ?? 100;
  const progress = context.progress(what, total, bytes === undefined ? '%' : 'B');
  try {
    return await work((share) => {
      context.signal.throwIfAborted();
      progress.update(share * total);
    });
  } finally {
    progress.end();
  }
}

function bytesOf(folder: string): number {
  const blocks = listBlocks(folder);
  return blocks.length === 0
    ? folderBytes(folder)
    : blocks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function printImport(context: CommandContext, result: ImportResult): number {
  const { samples, series, blocks } = result;
  context.print(`${samples} samples of ${series} series in ${blocks.length} blocks`, result);
  return 0;
}

function matchersOf(context: CommandContext): Matcher[] {
  const selector = option(context, 'match');
  if (selector === undefined) return [new Matcher('!=', METRIC_NAME, '')];
  try {
    return parseSelector('--match', selector);
  } catch (error) {
    throw new CommandUsageError(`--match: expected a selector such as up{job="a"}; ${messageOf(error)}`);
  }
}

/** The given times, or all of time. */
function rangeOf(context: CommandContext): SelectRange {
  return {
    minMs: wholeOption(context, 'min-time', ALL_TIME.minMs),
    maxMs: wholeOption(context, 'max-time', ALL_TIME.maxMs),
  };
}

/** A range without the time before the first and after the last sample in it. */
async function narrowed(
  context: CommandContext,
  store: Tsdb,
  matchers: readonly Matcher[],
): Promise<SelectRange> {
  const set = store.select(matchers, rangeOf(context));
  const buffer = createSampleBuffer();
  let minMs = Infinity;
  let maxMs = -Infinity;
  for (let i = 0; i < set.length; i++) {
    if (i % SERIES_A_TURN === 0) await context.breathe();
    set.read(i, buffer);
    if (buffer.length === 0) continue;
    minMs = Math.min(minMs, buffer.timestamps[0]!);
    maxMs = Math.max(maxMs, buffer.timestamps[buffer.length - 1]!);
  }
  return { minMs, maxMs };
}
