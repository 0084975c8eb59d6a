import { NO_ENGINE_FEATURES, type EngineFeatures } from '@binnacle/promql';
import { MetricsServerError } from './errors.ts';

/** What --enable-feature switched on. */
export interface Features {
  readonly engine: EngineFeatures;
  readonly exemplarStorage: boolean;
  readonly extraScrapeMetrics: boolean;
  readonly nativeHistograms: boolean;
  /** Counters get a zero at the time when they began to count. */
  readonly createdZeros: boolean;
  /** Samples are stored with the time at which their target or client says that they began to count. */
  readonly storesStarts: boolean;
  /** Counters whose target does not say when they began to count do so with their first scrape. */
  readonly synthesizesStarts: boolean;
  readonly names: readonly string[];
  /** A sentence for each name that changes nothing here. */
  readonly withoutEffect: readonly string[];
}

const ENGINE: Readonly<Record<string, keyof EngineFeatures>> = {
  'promql-experimental-functions': 'experimentalFunctions',
  'promql-duration-expr': 'durationExpressions',
  'promql-extended-range-selectors': 'extendedRangeSelectors',
  'promql-binop-fill-modifiers': 'fillModifiers',
  'promql-delayed-name-removal': 'delayedNameRemoval',
  'use-start-timestamps': 'startTimestamps',
};
const SERVER = new Set([
  'exemplar-storage',
  'extra-scrape-metrics',
  'native-histograms',
  'created-timestamp-zero-ingestion',
  'st-storage',
  'st-synthesis',
]);
/** Prometheus's names for what this server does anyway, or does in a way of its own that the switch does not change. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  'concurrent-rule-eval': 'rules of a group are evaluated in order',
  'delayed-compaction': 'compaction works in slices beside everything else',
  'fast-startup': 'the log of the store is replayed in columns',
  'histograms-st-encoding': 'with st-storage, the start timestamps of histograms are stored too',
  'memory-snapshot-on-shutdown': 'the log of the store is replayed instead',
  'metadata-wal-records': 'metadata comes with every scrape and request',
  'ooo-native-histograms': 'the out-of-order window holds for histograms too',
  'use-uncached-io': 'the store has block files of its own',
  'xor2-encoding': 'the store has an encoding of its own',
};

/** Reads the values of --enable-feature. Throws METRICS_BAD_CONFIG for a name that this server does not have. */
export function featuresOf(values: readonly string[]): Features {
  const names = values.flatMap((value) => value.split(',')).filter((name) => name !== '');
  const engine = { ...NO_ENGINE_FEATURES };
  for (const name of names) {
    const key = ENGINE[name];
    if (key !== undefined) engine[key] = true;
    else if (!SERVER.has(name) && !(name in WITHOUT_EFFECT)) {
      const known = [...Object.keys(ENGINE), ...SERVER, ...Object.keys(WITHOUT_EFFECT)].join(', ');
      throw new MetricsServerError(
        'METRICS_BAD_CONFIG',
        `--enable-feature: expected one of ${known}; found ${JSON.stringify(name)}`,
      );
    }
  }
  return {
    engine,
    exemplarStorage: names.includes('exemplar-storage'),
    extraScrapeMetrics: names.includes('extra-scrape-metrics'),
    createdZeros: names.includes('created-timestamp-zero-ingestion'),
    storesStarts: names.includes('st-storage') || names.includes('st-synthesis'),
    synthesizesStarts: names.includes('st-synthesis'),
    nativeHistograms: names.includes('native-histograms'),
    names,
    withoutEffect: names
      .filter((name) => name in WITHOUT_EFFECT)
      .map((name) => `--enable-feature=${name} changes nothing here: ${WITHOUT_EFFECT[name]}`),
  };
}
