/** How often series are sampled, for guessing; a wrong guess costs time, not correctness. */
const ASSUMED_INTERVAL_MS = 15_000;

/** About how many samples and steps it takes to go through the series of a selection. */
export function estimateWork(series: number, spanMs: number, steps: number): number {
  return series * (steps + spanMs / ASSUMED_INTERVAL_MS + 1);
}
