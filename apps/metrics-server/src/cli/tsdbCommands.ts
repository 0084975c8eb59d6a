import { readFile } from 'node:fs/promises';
import { seriesText } from '@binnacle/exposition';
import { formatGoFloat, Matcher, METRIC_NAME } from '@binnacle/model';
import { formatSize } from '@binnacle/service-kit';
import {
  backfillOpenMetrics,
  createSampleBuffer,
  exportPrometheusBlocks,
  importPrometheusBlocks,
  Tsdb,
  type SelectRange,
} from '@binnacle/tsdb';
import { ALL_TIME } from '../query/seriesQueries.ts';
import { parseSelector } from '../routes/requestParams.ts';
import { argument, type Command, type CommandContext } from './command.ts';

const MAX_SERIES = 4_000_000;

/** Work on a data folder while no server has it open. */
export const tsdbCommands: readonly Command[] = [
  {
    name: 'tsdb analyze',
    usage: '<folder> [--limit=20]',
    help: 'Shows what makes the newest part of a store large.',
    run: (context) =>
      withStore(context, async (store) => {
        const limit = Number(context.options.get('limit') ?? 20);
        const { headSeries, blocks, blockBytes, walBytes } = store.stats();
        const cardinality = store.cardinality(limit);
        context.print(
          `${headSeries} series in the head, ${blocks} blocks of ${formatSize(blockBytes)}, log of ${formatSize(walBytes)}`,
        );
        for (const [title, entries] of Object.entries(cardinality)) {
          context.print(`\n${title}:`);
          for (const { name, value } of entries) context.print(`${String(value).padStart(10)}  ${name}`);
        }
        context.print('', { stats: store.stats(), ...cardinality });
      }),
  },
  {
    name: 'tsdb dump',
    usage: '<folder> [--match=<selector>] [--min-time=<ms>] [--max-time=<ms>]',
    help: 'Prints samples, one a line: series, value, milliseconds.',
    run: (context) =>
      withStore(context, async (store) => {
        const set = store.select(matchersOf(context), rangeOf(context));
        const buffer = createSampleBuffer();
        for (let i = 0; i < set.length; i++) {
          set.read(i, buffer);
          const name = seriesText(set.labels(i));
          for (let at = 0; at < buffer.length; at++) {
            if (buffer.histograms?.[at] !== undefined) continue;
            const value = formatGoFloat(buffer.values[at]!, 'g');
            context.print(`${name} ${value} ${buffer.timestamps[at]}`, {
              metric: set.labels(i),
              value,
              timestamp: buffer.timestamps[at],
            });
          }
        }
      }),
  },
  {
    name: 'tsdb import',
    usage: '<folder> <Prometheus block, snapshot or data folder>',
    help: 'Takes blocks of Prometheus into a store.',
    run: async (context) => {
      const result = await importPrometheusBlocks(
        argument(context, 1, 'what to import'),
        argument(context, 0, 'a folder'),
      );
      context.print(
        `${result.samples} samples of ${result.series} series in ${result.blocks.length} blocks`,
        result,
      );
      return 0;
    },
  },
  {
    name: 'tsdb export',
    usage: '<folder> <target folder> [--match=<selector>] [--min-time=<ms>] [--max-time=<ms>]',
    help: 'Writes blocks that Prometheus, promtool and Thanos read.',
    run: (context) =>
      withStore(context, async (store) => {
        const target = argument(context, 1, 'a folder for the blocks');
        const matchers = matchersOf(context);
        const range = narrowed(store, matchers, rangeOf(context));
        const isEmpty = range.minMs > range.maxMs;
        const blocks = isEmpty ? [] : await exportPrometheusBlocks(store, target, { matchers, range });
        for (const block of blocks) context.print(block);
        context.print('', { blocks });
      }),
  },
  {
    name: 'tsdb backfill',
    usage: '<folder> <OpenMetrics file>',
    help: 'Makes blocks of samples with timestamps in the OpenMetrics format.',
    run: async (context) => {
      const text = await readFile(argument(context, 1, 'a file'), 'utf8');
      const result = await backfillOpenMetrics(text, argument(context, 0, 'a folder'));
      context.print(
        `${result.samples} samples of ${result.series} series in ${result.blocks.length} blocks`,
        result,
      );
      return 0;
    },
  },
];

async function withStore(context: CommandContext, work: (store: Tsdb) => Promise<void>): Promise<number> {
  const store = Tsdb.open({
    folder: argument(context, 0, "a store's folder"),
    maxSeries: MAX_SERIES,
    retentionMs: 0,
    maintenanceIntervalMs: 0,
  });
  try {
    await work(store);
  } finally {
    await store.close();
  }
  return 0;
}

function matchersOf({ options }: CommandContext): Matcher[] {
  const selector = options.get('match');
  return selector === undefined ? [new Matcher('!=', METRIC_NAME, '')] : parseSelector('--match', selector);
}

/** The given times, or all of time. */
function rangeOf({ options }: CommandContext): SelectRange {
  return {
    minMs: Number(options.get('min-time') ?? ALL_TIME.minMs),
    maxMs: Number(options.get('max-time') ?? ALL_TIME.maxMs),
  };
}

/** A range without the time before the first and after the last sample in it. */
function narrowed(store: Tsdb, matchers: readonly Matcher[], range: SelectRange): SelectRange {
  const set = store.select(matchers, range);
  const buffer = createSampleBuffer();
  let minMs = Infinity;
  let maxMs = -Infinity;
  for (let i = 0; i < set.length; i++) {
    set.read(i, buffer);
    if (buffer.length === 0) continue;
    minMs = Math.min(minMs, buffer.timestamps[0]!);
    maxMs = Math.max(maxMs, buffer.timestamps[buffer.length - 1]!);
  }
  return { minMs, maxMs };
}
