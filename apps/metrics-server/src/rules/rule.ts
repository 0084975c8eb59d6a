import type { Labels } from '@binnacle/model';
import type { QueryResult } from '@binnacle/promql';

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
  readonly value: number;
}

/** Evaluates an expression at a time. Throws what the engine throws. */
export type Evaluate = (query: string, timeMs: number) => Promise<QueryResult>;

/** The elements of an instant query's answer: vectors as they are, a scalar as one element without labels. */
export function* elementsOf({ value }: QueryResult, empty: Labels): IterableIterator<RuleSample> {
  if (value.type === 'scalar') yield { labels: empty, value: value.value };
  if (value.type !== 'vector') return;
  for (const { labels, row } of value.series) {
    if (row.kinds[0] === FLOAT_KIND) yield { labels, value: row.values[0]! };
  }
}

const FLOAT_KIND = 1;
