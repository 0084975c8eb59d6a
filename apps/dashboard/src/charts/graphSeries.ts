import type { Grid } from '../api/metricApi.ts';
import type { RangeSeries } from '../api/metricTypes.ts';
import { seriesName } from '../metrics/labels.ts';

/** The points of one series on the grid; null where it has none, which draws a gap. */
export interface GraphSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** Series on one grid of times. */
export interface GraphData {
  readonly grid: Grid;
  /** Epoch milliseconds. */
  readonly times: readonly number[];
  readonly series: readonly GraphSeries[];
  /** Series that hold native histograms only, which a line cannot show. */
  readonly histogramsOnly: number;
}

/** Places every sample on the grid that was asked for. Values that are not finite are gaps. */
export function toGraph(result: readonly RangeSeries[], grid: Grid): GraphData {
  const { startMs, endMs, stepMs } = grid;
  const length = Math.max(0, Math.floor((endMs - startMs) / stepMs) + 1);
  const times = Array.from({ length }, (_, index) => startMs + index * stepMs);
  const drawn = result.filter(({ values }) => values !== undefined);
  const series = drawn.map(({ metric, values = [] }) => {
    const points = Array.from<number | null>({ length }).fill(null);
    for (const [time, text] of values) {
      const value = Number(text);
      if (Number.isFinite(value)) points[Math.round((time * 1000 - startMs) / stepMs)] = value;
    }
    return { name: seriesName(metric), values: points };
  });
  return { grid, times, series, histogramsOnly: result.length - drawn.length };
}

/** The value axis: its ends, and round values to label. */
export interface ValueScale {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
}

const TICKS = 4;
/**
 * Values nearer to each other than this share of their size are drawn as one level: what is left is the rounding of
 * doubles, and no label could tell them apart.
 */
const LEAST_SPREAD = 1e-9;

/** A scale that holds every point. It stands on zero where asked, and where the values are not far above it. */
export function valueScale(series: readonly GraphSeries[], fromZero = false): ValueScale {
  let lowest = Infinity;
  let highest = -Infinity;
  for (const { values } of series) {
    for (const value of values) {
      if (value === null) continue;
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  }
  if (lowest > highest) return { min: 0, max: 1, ticks: [0, 1] };
  if (lowest > 0 && (fromZero || highest - lowest > lowest * 0.1)) lowest = 0;
  // Halves: the distance between the two largest doubles of either sign is itself no number.
  const size = Math.max(Math.abs(lowest), Math.abs(highest));
  const halfSpread = highest / 2 - lowest / 2;
  const margin = halfSpread > size * LEAST_SPREAD ? halfSpread * 0.16 : size * 0.08 || 1;
  const min = lowest === 0 ? 0 : Math.max(-Number.MAX_VALUE, lowest - margin);
  const max = Math.min(Number.MAX_VALUE, highest + margin);
  const step = niceValueStep((max / 2 - min / 2) * (2 / TICKS));
  if (!(step > 0 && Number.isFinite(step))) return { min, max, ticks: [0] };
  const ticks: number[] = [];
  for (let index = Math.ceil(min / step); index * step <= max; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return { min, max, ticks };
}

/** The graph in one sentence: "3 series, largest 412 at 14:05". */
export function graphSentence({ series, times }: GraphData, clock: (ms: number) => string): string {
  let largest = -Infinity;
  let at = 0;
  for (const { values } of series) {
    values.forEach((value, index) => {
      if (value === null || value <= largest) return;
      largest = value;
      at = times[index]!;
    });
  }
  if (largest === -Infinity) return 'No data in this window';
  return `${series.length} series, largest ${formatValue(largest)} at ${clock(at)}`;
}

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/** A number for axes and legends: `412`, `1.5k`, `0.00012`. */
export function formatValue(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e18)) return value.toExponential(2);
  const power = size < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(size) / 3));
  return `${Number((value / 1000 ** power).toPrecision(4))}${UNITS[power]}`;
}

function niceValueStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5].map((factor) => factor * power).find((step) => step >= raw) ?? 10 * power;
}
