import { timeAt, type Grid } from '../engine/grid.ts';

/** Where the windows of a range selector lie: at step i they are (end - rangeMs, end]. */
export interface WindowPlacement {
  readonly rangeMs: number;
  readonly offsetMs: number;
  /** A fixed time instead of that of the step. */
  readonly atMs: number | undefined;
}

export function windowEnd(placement: WindowPlacement, grid: Grid, step: number): number {
  return (placement.atMs ?? timeAt(grid, step)) - placement.offsetMs;
}

/** For every step the samples of its window: from `from[step]` up to but not including `to[step]`. */
export interface Bounds {
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** What extrapolation needs to know of every window's timestamps, in seconds (see rate.ts). */
export interface Extrapolation {
  readonly sampled: Float64Array;
  readonly toStart: Float64Array;
  readonly toEnd: Float64Array;
  /** What an increase between first and last sample is multiplied with, unless the counter started in between. */
  readonly factor: Float64Array;
  /** The same for a result per second. */
  readonly factorPerSecond: Float64Array;
}

interface Shared {
  readonly length: number;
  readonly bounds: Bounds;
  extrapolation: Extrapolation | undefined;
}

/** Integers to keep before starting over. */
const MAX_CACHED = 1 << 22;

/**
 * Window bounds by timestamp column. Series that were scraped together share one array of timestamps, so the work is
 * done once for all of them.
 */
export class WindowCache {
  readonly #placement: WindowPlacement;
  readonly #grid: Grid;
  readonly #byColumn = new Map<Float64Array, Shared>();

  constructor(placement: WindowPlacement, grid: Grid) {
    this.#placement = placement;
    this.#grid = grid;
  }

  bounds(timestamps: Float64Array, length: number): Bounds {
    return this.#shared(timestamps, length).bounds;
  }

  extrapolation(timestamps: Float64Array, length: number): Extrapolation {
    const shared = this.#shared(timestamps, length);
    shared.extrapolation ??= extrapolate(timestamps, shared.bounds, this.#placement, this.#grid);
    return shared.extrapolation;
  }

  #shared(timestamps: Float64Array, length: number): Shared {
    const known = this.#byColumn.get(timestamps);
    if (known?.length === length) return known;
    if (this.#byColumn.size * this.#grid.count > MAX_CACHED) this.#byColumn.clear();
    const shared: Shared = {
      length,
      bounds: computeBounds(timestamps, length, this.#placement, this.#grid),
      extrapolation: undefined,
    };
    if (timestamps.length > 0) this.#byColumn.set(timestamps, shared);
    return shared;
  }
}

/** Bounds of all windows in one pass over steps and samples. */
export function computeBounds(
  timestamps: Float64Array,
  length: number,
  placement: WindowPlacement,
  grid: Grid,
): Bounds {
  const from = new Int32Array(grid.count);
  const to = new Int32Array(grid.count);
  let low = 0;
  let high = 0;
  for (let step = 0; step < grid.count; step++) {
    const end = windowEnd(placement, grid, step);
    const start = end - placement.rangeMs;
    while (high < length && timestamps[high]! <= end) high++;
    while (low < high && timestamps[low]! <= start) low++;
    from[step] = low;
    to[step] = high;
  }
  return { from, to };
}

/** The share of an average gap up to which a window's edge counts as covered. */
const COVERED = 1.1;

function extrapolate(
  timestamps: Float64Array,
  bounds: Bounds,
  placement: WindowPlacement,
  grid: Grid,
): Extrapolation {
  const sampled = new Float64Array(grid.count);
  const toStart = new Float64Array(grid.count);
  const toEnd = new Float64Array(grid.count);
  const factor = new Float64Array(grid.count);
  const factorPerSecond = new Float64Array(grid.count);
  for (let step = 0; step < grid.count; step++) {
    const first = bounds.from[step]!;
    const last = bounds.to[step]! - 1;
    if (last <= first) continue;
    const end = windowEnd(placement, grid, step);
    const interval = (timestamps[last]! - timestamps[first]!) / 1000;
    const average = interval / (last - first);
    const threshold = average * COVERED;
    const before = (timestamps[first]! - (end - placement.rangeMs)) / 1000;
    const after = (end - timestamps[last]!) / 1000;
    sampled[step] = interval;
    toStart[step] = before >= threshold ? average / 2 : before;
    toEnd[step] = after >= threshold ? average / 2 : after;
    factor[step] = (interval + toStart[step]! + toEnd[step]!) / interval;
    factorPerSecond[step] = factor[step]! / (placement.rangeMs / 1000);
  }
  return { sampled, toStart, toEnd, factor, factorPerSecond };
}
