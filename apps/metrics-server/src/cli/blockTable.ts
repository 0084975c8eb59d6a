import { formatDuration } from '@binnacle/model';
import { formatSize } from '@binnacle/service-kit';
import type { ListedBlock } from '@binnacle/tsdb';

const HEADER = ['BLOCK', 'FROM', 'TO', 'DURATION', 'SAMPLES', 'CHUNKS', 'SERIES', 'SIZE', 'LEVEL'];
/** Columns from here on are flush right. */
const FIRST_NUMBER = 3;

/** Blocks as a table, a line each. */
export function blockTable(blocks: readonly ListedBlock[]): string[] {
  const rows = [HEADER, ...blocks.map(rowOf)];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i < FIRST_NUMBER ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  );
}

function rowOf(block: ListedBlock): string[] {
  if (block.error !== undefined)
    return [block.ulid, block.error, '', '', '', '', '', formatSize(block.sizeBytes), ''];
  const { ulid, minTime, maxTime, numSamples, numChunks, numSeries, sizeBytes, level } = block;
  const numbers = [numSamples, numChunks, numSeries].map(String);
  const span = formatDuration(maxTime - minTime);
  return [ulid, timeText(minTime), timeText(maxTime), span, ...numbers, formatSize(sizeBytes), String(level)];
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
