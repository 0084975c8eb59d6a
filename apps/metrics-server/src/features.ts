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
  readonly names: readonly string[];
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
]);

/** Reads the values of --enable-feature. Throws METRICS_BAD_CONFIG for a name that this server does not have. */
export function featuresOf(values: readonly string[]): Features {
  const names = values.flatMap((value) => value.split(',')).filter((name) => name !== '');
  const engine = { ...NO_ENGINE_FEATURES };
  for (const name of names) {
    const key = ENGINE[name];
    if (key !== undefined) engine[key] = true;
    else if (!SERVER.has(name)) {
      const known = [...Object.keys(ENGINE), ...SERVER].join(', ');
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
    nativeHistograms: names.includes('native-histograms'),
    names,
  };
}
