import { ALL_FEATURES, NO_FEATURES, type LanguageFeatures } from '../parser/features.ts';

/** What is switched on, by the names of Prometheus's feature flags. */
export interface EngineFeatures extends LanguageFeatures {
  /** `promql-delayed-name-removal`: metric names go at the end of the query. */
  readonly delayedNameRemoval: boolean;
  /** `use-start-timestamps`: rate() and friends look at when counters started. */
  readonly startTimestamps: boolean;
  /** `type-and-unit-labels`: the hint about names of counters looks at `__type__`. */
  readonly typeAndUnitLabels: boolean;
}

export const NO_ENGINE_FEATURES: EngineFeatures = {
  ...NO_FEATURES,
  delayedNameRemoval: false,
  startTimestamps: false,
  typeAndUnitLabels: false,
};

/** Everything of the language, as Prometheus's own test suite runs. */
export const TEST_SUITE_FEATURES: EngineFeatures = {
  ...ALL_FEATURES,
  delayedNameRemoval: true,
  startTimestamps: true,
  typeAndUnitLabels: false,
};

/** Bounds of one query. */
export interface QueryLimits {
  /** Samples held at a time: what is kept of series being read, of intermediate and of final results. */
  readonly maxSamples: number;
  readonly maxMemoryBytes: number;
  readonly timeoutMs: number;
  /** Steps of a range query, subqueries included. */
  readonly maxSteps: number;
}

export const DEFAULT_LIMITS: QueryLimits = {
  maxSamples: 50_000_000,
  maxMemoryBytes: 1 << 30,
  timeoutMs: 120_000,
  maxSteps: 10_000_000,
};

export interface EngineOptions {
  readonly features: EngineFeatures;
  readonly limits: QueryLimits;
  /** How far an instant selector looks back for a sample. */
  readonly lookbackMs: number;
  /** Resolution of `[1h:]`. */
  readonly subqueryStepMs: number;
}

export const DEFAULT_OPTIONS: EngineOptions = {
  features: NO_ENGINE_FEATURES,
  limits: DEFAULT_LIMITS,
  lookbackMs: 300_000,
  subqueryStepMs: 60_000,
};
