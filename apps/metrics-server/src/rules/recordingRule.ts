import { LabelsBuilder, METRIC_NAME, type Labels } from '@binnacle/model';
import { MetricsServerError } from '../errors.ts';
import { unknownHealth, type Evaluate, type RuleHealth, type RuleSample } from './rule.ts';

/** Writes the answer of an expression as series of a new name. */
export class RecordingRule {
  readonly kind = 'recording';
  readonly name: string;
  readonly query: string;
  readonly labels: Labels;
  readonly health: RuleHealth = unknownHealth();

  constructor(name: string, query: string, labels: Labels) {
    this.name = name;
    this.query = query;
    this.labels = labels;
  }

  /** Throws when the expression fails or two elements get the same labels. */
  async evaluate(evaluate: Evaluate, timeMs: number, limit: number): Promise<RuleSample[]> {
    const result = await evaluate(this.query, timeMs);
    const samples = new Map<string, RuleSample>();
    for (const { labels, ...sample } of result) {
      const builder = new LabelsBuilder(labels).set(METRIC_NAME, this.name);
      for (const [name, text] of this.labels) builder.set(name, text);
      const built = builder.build();
      if (samples.has(built.key)) {
        throw failed('vector contains metrics with the same labelset after applying rule labels');
      }
      samples.set(built.key, { labels: built, ...sample });
    }
    if (limit > 0 && samples.size > limit)
      throw failed(`exceeded limit of ${limit} with ${samples.size} series`);
    return [...samples.values()];
  }
}

function failed(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_RULE_FAILED', message);
}
