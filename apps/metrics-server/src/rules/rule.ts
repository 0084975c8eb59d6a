import type { Labels } from '@binnacle/model';

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

/** Evaluates an expression at a time; a scalar is one element without labels. Throws what the query throws. */
export type Evaluate = (query: string, timeMs: number) => Promise<readonly RuleSample[]>;
