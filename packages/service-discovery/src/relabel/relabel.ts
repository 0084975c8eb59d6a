import { LabelsBuilder, type Labels } from '@binnacle/model';
import type { CompiledRelabelConfig } from './compileRelabel.ts';

/** The labels after every step, or undefined when a step drops them. */
export function relabel(labels: Labels, configs: readonly CompiledRelabelConfig[]): Labels | undefined {
  if (configs.length === 0) return labels;
  const working = new LabelsBuilder(labels);
  for (const config of configs) if (!config.apply(working)) return undefined;
  return working.build();
}

/** What one step made of the labels. */
export interface RelabelStep {
  readonly config: CompiledRelabelConfig;
  /** The labels after the step, or undefined when the step dropped them. No step follows one that dropped. */
  readonly labels: Labels | undefined;
}

/** As `relabel`, but returns the labels after each step, for people who want to see why a rule does what it does. */
export function relabelSteps(labels: Labels, configs: readonly CompiledRelabelConfig[]): RelabelStep[] {
  const working = new LabelsBuilder(labels);
  const steps: RelabelStep[] = [];
  for (const config of configs) {
    const keep = config.apply(working);
    steps.push({ config, labels: keep ? working.build() : undefined });
    if (!keep) break;
  }
  return steps;
}
