import { EMPTY_LABELS, Labels, LabelsBuilder } from '@binnacle/model';
import { parse, ParseError, type LanguageFeatures } from '@binnacle/promql';
import type { GroupSection, RuleSection } from '../config/ruleFileSchema.ts';
import type { RuleFile } from '../config/serverConfig.ts';
import { messageOf, MetricsServerError } from '../errors.ts';
import { AlertingRule, type Alert } from './alertingRule.ts';
import { RecordingRule } from './recordingRule.ts';
import type { GroupOptions, Rule } from './ruleGroup.ts';

export interface RuleFileOptions {
  readonly features: LanguageFeatures;
  readonly evaluationIntervalMs: number;
  readonly ruleQueryOffsetMs: number;
  readonly externalLabels: Labels;
  readonly externalUrl: () => string;
  /** Told of alerts that begin to fire or end. */
  readonly onTransition?: (alert: Alert) => void;
}

/** Makes the groups of rule files. Throws METRICS_BAD_CONFIG with file, group and rule. */
export function groupsOf(files: readonly RuleFile[], options: RuleFileOptions): GroupOptions[] {
  return files.flatMap(({ file, groups }) => {
    const names = new Set<string>();
    return groups.map((section) => {
      if (names.has(section.name)) {
        throw bad(`${file}: group name ${JSON.stringify(section.name)} is repeated; give each its own`);
      }
      names.add(section.name);
      return {
        file,
        name: section.name,
        intervalMs: section.interval ?? options.evaluationIntervalMs,
        queryOffsetMs: section.query_offset ?? options.ruleQueryOffsetMs,
        limit: section.limit ?? 0,
        rules: (section.rules ?? []).map((rule) => ruleOf(file, section, rule, options)),
      };
    });
  });
}

function ruleOf(file: string, group: GroupSection, section: RuleSection, options: RuleFileOptions): Rule {
  const { record, alert, expr } = section;
  const where = `${file}: group ${JSON.stringify(group.name)}, rule ${JSON.stringify(record ?? alert ?? '')}`;
  if ((record === undefined) === (alert === undefined))
    throw bad(`${where}: expected one of record and alert`);
  try {
    parse(expr, options.features);
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
  const alerting = {
    name: alert!,
    query: expr,
    forMs: section.for ?? 0,
    keepFiringForMs: section.keep_firing_for ?? 0,
    labels,
    annotations: section.annotations ?? {},
    externalLabels: options.externalLabels,
    externalUrl: options.externalUrl,
    onTransition: options.onTransition ?? (() => undefined),
  };
  try {
    return new AlertingRule(alerting);
  } catch (error) {
    throw bad(`${where}: ${messageOf(error)}`);
  }
}

function labelsOf(section: Readonly<Record<string, string>> | undefined): Labels {
  return section === undefined ? EMPTY_LABELS : Labels.from(section);
}

function bad(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_BAD_CONFIG', message);
}
