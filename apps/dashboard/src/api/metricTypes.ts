/** Shapes of the query API of Prometheus, as metrics-server and Prometheus itself answer it. Times are epoch seconds. */

export type Labels = Readonly<Record<string, string>>;

/** Time in seconds, and the value as Go prints a float: `"1.5"`, `"NaN"`, `"+Inf"`. */
export type SamplePair = readonly [number, string];

/** A native histogram as the query API prints it. */
export interface HistogramValue {
  readonly count: string;
  readonly sum: string;
}

export interface InstantSeries {
  readonly metric: Labels;
  readonly value?: SamplePair;
  readonly histogram?: readonly [number, HistogramValue];
}

export interface RangeSeries {
  readonly metric: Labels;
  readonly values?: readonly SamplePair[];
  readonly histograms?: readonly (readonly [number, HistogramValue])[];
}

export type InstantResult =
  | { readonly resultType: 'vector'; readonly result: readonly InstantSeries[] }
  | { readonly resultType: 'matrix'; readonly result: readonly RangeSeries[] }
  | { readonly resultType: 'scalar'; readonly result: SamplePair }
  | { readonly resultType: 'string'; readonly result: SamplePair };

/** The envelope of every answer. */
export interface Envelope<T> {
  readonly status: 'success';
  readonly data: T;
  readonly warnings?: readonly string[];
  readonly infos?: readonly string[];
}

/** An answer with what the server remarked about it. */
export interface Noted<T> {
  readonly data: T;
  readonly notes: readonly string[];
}

export interface MetricMetadata {
  readonly type: string;
  readonly help: string;
  readonly unit: string;
}

export interface MetricTarget {
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly labels: Labels;
  readonly discoveredLabels: Labels;
  readonly lastError: string;
  /** RFC 3339; the year 1 before the first scrape. */
  readonly lastScrape: string;
  /** Seconds. */
  readonly lastScrapeDuration: number;
  readonly health: 'up' | 'down' | 'unknown';
}

export interface MetricTargets {
  readonly activeTargets: readonly MetricTarget[];
  readonly droppedTargets: readonly { readonly discoveredLabels: Labels }[];
}

export interface CountedName {
  readonly name: string;
  readonly value: number;
}

export interface TsdbStatus {
  readonly headStats: Readonly<Record<string, number>>;
  readonly seriesCountByMetricName: readonly CountedName[];
  readonly labelValueCountByLabelName: readonly CountedName[];
  readonly memoryInBytesByLabelName: readonly CountedName[];
  readonly seriesCountByLabelValuePair: readonly CountedName[];
}
