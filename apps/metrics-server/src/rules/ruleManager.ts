import { LabelsBuilder } from '@binnacle/model';
import { parse, ParseError } from '@binnacle/promql';
import type { GroupSection, RuleSection } from '../config/ruleFileSchema.ts';
import type { ServerConfig } from '../config/serverConfig.ts';
import { MetricsServerError } from '../errors.ts';
import type { Features } from '../features.ts';
import { AlertingRule, type Alert } from './alertingRule.ts';
import { RecordingRule } from './recordingRule.ts';
import { labelsOf, RuleGroup, type GroupContext, type Rule } from './ruleGroup.ts';

export interface RuleManagerContext extends GroupContext {
  readonly features: Features;
  readonly externalUrl: () => string;
  readonly onTransition: (alert: Alert) => void;
}

/** Every rule group of the configuration. */
export class RuleManager {
  readonly #context: RuleManagerContext;
  #groups = new Map<string, RuleGroup>();

  constructor(context: RuleManagerContext) {
    this.#context = context;
  }

  groups(): readonly RuleGroup[] {
    return [...this.#groups.values()];
  }

  /** Makes the groups of a configuration, to see whether it is valid. Throws METRICS_BAD_CONFIG. */
  check(config: ServerConfig): RuleGroup[] {
    return config.ruleFiles.flatMap(({ file, groups }) => {
      const names = new Set<string>();
      return groups.map((section) => {
        if (names.has(section.name)) {
          throw bad(`${file}: group name ${JSON.stringify(section.name)} is repeated; give each its own`);
        }
        names.add(section.name);
        return new RuleGroup(
          {
            file,
            name: section.name,
            intervalMs: section.interval ?? config.evaluationIntervalMs,
            queryOffsetMs: section.query_offset ?? config.ruleQueryOffsetMs,
            limit: section.limit ?? 0,
            rules: (section.rules ?? []).map((rule) => this.#ruleOf(file, section, rule, config)),
          },
          this.#context,
        );
      });
    });
  }

  /** Takes a configuration. Groups of the same name go on with their alerts. */
  async apply(config: ServerConfig): Promise<void> {
    const next = this.check(config);
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
    const before = this.#groups;
    this.#groups = new Map(next.map((group) => [group.key, group]));
    for (const [key, group] of before) {
      const successor = this.#groups.get(key);
      if (successor === undefined) group.endAll();
      else successor.adopt(group);
    }
    for (const group of next) group.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#groups.values()].map((group) => group.stop()));
  }

  #ruleOf(file: string, group: GroupSection, section: RuleSection, config: ServerConfig): Rule {
    const { record, alert, expr } = section;
    const where = `${file}: group ${JSON.stringify(group.name)}, rule ${JSON.stringify(record ?? alert ?? '')}`;
    if ((record === undefined) === (alert === undefined))
      throw bad(`${where}: expected one of record and alert`);
    try {
      parse(expr, this.#context.features.engine);
    } catch (error) {
      if (!(error instanceof ParseError)) throw error;
      throw bad(`${where}: could not parse expression: ${error.message}`);
    }
    const builder = new LabelsBuilder(labelsOf(group.labels));
    for (const [name, value] of labelsOf(section.labels)) builder.set(name, value);
    const labels = builder.build();
    if (record !== undefined) {
      for (const key of ['for', 'keep_firing_for', 'annotations'] as const) {
        if (section[key] !== undefined) throw bad(`${where}: a recording rule has no ${key}`);
      }
      return new RecordingRule(record, expr, labels);
    }
    return new AlertingRule({
      name: alert!,
      query: expr,
      forMs: section.for ?? 0,
      keepFiringForMs: section.keep_firing_for ?? 0,
      labels,
      annotations: section.annotations ?? {},
      externalLabels: config.externalLabels,
      externalUrl: this.#context.externalUrl,
      onTransition: this.#context.onTransition,
    });
  }
}

function bad(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_BAD_CONFIG', message);
}
