import type { SeriesAnswer } from '../api/types.ts';
import { formatCount, plural } from '../time/format.ts';
import type { Range } from '../time/timeRange.ts';

/** Counts per bucket on the window that the page shows. */
export interface FittedSeries {
  readonly range: Range;
  readonly stepMs: number;
  /** Start of each bucket, epoch milliseconds. */
  readonly starts: readonly number[];
  /** Largest last, so that the smaller ones stand on the ground line and stay readable. */
  readonly series: readonly {
    readonly version: string;
    readonly counts: readonly number[];
    readonly total: number;
  }[];
}

/** The buckets of the answer that touch the window. */
export function fitToRange(answer: SeriesAnswer, range: Range): FittedSeries {
  const origin = Date.parse(answer.from);
  const stepMs = answer.stepSeconds * 1000;
  const length = Math.max(0, ...answer.series.map(({ counts }) => counts.length));
  const kept = Array.from({ length }, (_, index) => index).filter((index) => {
    const start = origin + index * stepMs;
    return start < range.to && start + stepMs > range.from;
  });
  const series = answer.series
    .map(({ labels, counts }) => {
      const own = kept.map((index) => counts[index] ?? 0);
      return {
        version: labels.version ?? '',
        counts: own,
        total: own.reduce((sum, count) => sum + count, 0),
      };
    })
    .sort((a, b) => a.total - b.total);
  return { range, stepMs, starts: kept.map((index) => origin + index * stepMs), series };
}

/** The graph in one sentence: "412 occurrences in 2 versions, most at 14:05 (38)". */
export function graphSentence({ series, starts }: FittedSeries, clock: (ms: number) => string): string {
  const sums = starts.map((_, index) => series.reduce((sum, { counts }) => sum + counts[index]!, 0));
  const total = sums.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 'Occurrences over time: none in this window';
  const peak = sums.indexOf(Math.max(...sums));
  const versions = plural(series.filter((one) => one.total > 0).length, 'version');
  return `Occurrences over time: ${formatCount(total)} in ${versions}, most at ${clock(starts[peak]!)} (${formatCount(sums[peak]!)})`;
}
