import type { FloatHistogram, Labels, Matcher } from '@binnacle/model';
import type { SelectRange, SeriesSet } from '@binnacle/promql';

/** How a rule did when it was last evaluated. */
export interface RuleHealth {
  health: 'unknown' | 'ok' | 'err';
  lastError: string;
  lastEvaluationMs: number;
  evaluationSeconds: number;
}

export function unknownHealth(): RuleHealth {
  return { health: 'unknown', lastError: '', lastEvaluationMs: -62_135_596_800_000, evaluationSeconds: 0 };
}

/** One series that a rule makes. */
export interface RuleSample {
  readonly labels: Labels;
  /** 0 where there is a histogram. */
  readonly value: number;
  readonly histogram?: FloatHistogram;
}

/** Evaluates an expression at a time; a scalar is one element without labels. Throws what the query throws. */
export type Evaluate = (query: string, timeMs: number) => Promise<readonly RuleSample[]>;

/** What rules write their series to and read the state of alerts from: the store, or that of a unit test. */
export interface RuleStorage {
  batch(): RuleBatch;
  getOrCreateSeries(labels: Labels): number;
  select(matchers: readonly Matcher[], range: SelectRange): SeriesSet;
}

export interface RuleBatch {
  append(ref: number, timeMs: number, value: number): void;
  appendHistogram(ref: number, timeMs: number, histogram: FloatHistogram): void;
  appendStale(ref: number, timeMs: number): void;
  commit(): unknown;
}
