/** A data set: series, and samples of each, one every 15 seconds. */
export interface Profile {
  readonly name: string;
  readonly series: number;
  readonly steps: number;
  /** Samples of one series that travel in one remote write request. */
  readonly samplesPerRequest: number;
}

export const INTERVAL_MS = 15_000;

/** Many series over two hours, very many over twenty minutes, and few over a day. */
export const PROFILES: readonly Profile[] = [
  { name: 's10k', series: 10_000, steps: 480, samplesPerRequest: 1 },
  { name: 's100k', series: 100_000, steps: 80, samplesPerRequest: 1 },
  { name: 'hist', series: 1000, steps: 5760, samplesPerRequest: 10 },
];

/** The same shape with a tenth of the series, but no fewer than ten hosts, for a look in seconds. */
export function quickProfile(profile: Profile): Profile {
  return { ...profile, series: Math.max(1000, profile.series / 10), steps: Math.min(profile.steps, 960) };
}

/**
 * The moment that every request asks about: the last quarter past a minute, in ms. It is no whole minute, so that no
 * window or subquery starts exactly on a step: Prometheus 3 leaves the start of a range out and 2.x does not.
 */
export function queryTime(nowMs: number): number {
  return Math.floor((nowMs - INTERVAL_MS) / 60_000) * 60_000 + INTERVAL_MS;
}

/** Samples lie this long before the grid of the requests, for the same reason. */
export const SAMPLE_LAG_MS = 4000;
