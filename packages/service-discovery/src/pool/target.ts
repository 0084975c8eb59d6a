import type { Labels } from '@binnacle/model';

/** What a target's labels do not say. Keys are those of a scrape section; durations are milliseconds. */
export interface TargetDefaults {
  /** Value of `job`. Default: the pool's name. */
  readonly job?: string;
  /** Default `http`. */
  readonly scheme?: string;
  /** Default `/metrics`. */
  readonly metricsPath?: string;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  /** With both of these, targets get `__scrape_interval__` and `__scrape_timeout__`, which relabeling may change. */
  readonly scrapeIntervalMs?: number;
  readonly scrapeTimeoutMs?: number;
}

/** Something to scrape. */
export interface Target {
  /** Equal for equal targets, also across reloads and restarts: a digest of the final labels and the URL. */
  readonly key: string;
  readonly url: string;
  /** Labels that its samples get: `job`, `instance` and what relabeling made, without those that start with `__`. */
  readonly labels: Labels;
  /** Labels before relabeling, meta labels included. */
  readonly discoveredLabels: Labels;
  readonly scheme: string;
  readonly address: string;
  readonly metricsPath: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
  /** From `__scrape_interval__` and `__scrape_timeout__`, where the pool's defaults have them. */
  readonly scrapeIntervalMs: number | undefined;
  readonly scrapeTimeoutMs: number | undefined;
}

/** Something that was discovered and is not scraped. */
export interface DroppedTarget {
  readonly discoveredLabels: Labels;
  /** For people, such as `dropped by relabel rule 2 (keep)`. */
  readonly reason: string;
}
