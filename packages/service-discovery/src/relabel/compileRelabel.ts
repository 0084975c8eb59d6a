import { hash } from 'node:crypto';
import { AnchoredRegex, RegexError, type LabelsBuilder } from '@binnacle/model';
import { DiscoveryError } from '../errors.ts';
import { RELABEL_ACTIONS, type RelabelAction, type RelabelConfig } from '../schema/relabelSchema.ts';
import { lowerCase, upperCase } from './letterCase.ts';
import { checkRelabel, isLabelName, type LabelNameValidation } from './checkRelabel.ts';

/** A relabel step ready to run. */
export interface CompiledRelabelConfig {
  readonly action: RelabelAction;
  /** The configuration it was made from, defaults included. */
  readonly config: FullRelabelConfig;
  /** Changes the labels; false means that the target or series is dropped. */
  readonly apply: (labels: LabelsBuilder) => boolean;
}

/** A relabel configuration with every default in place. */
export interface FullRelabelConfig {
  readonly sourceLabels: readonly string[];
  readonly separator: string;
  readonly regex: string;
  readonly modulus: number;
  readonly targetLabel: string;
  readonly replacement: string;
}

export interface CompileRelabelOptions {
  /** Which label names a step may write: any UTF-8 text (default), or letters, digits and underscores. */
  readonly nameValidation?: LabelNameValidation;
}

/** Checks one relabel step and makes it ready to run. Throws DiscoveryError with a RELABEL_* code. */
export function compileRelabel(
  config: RelabelConfig,
  { nameValidation = 'utf8' }: CompileRelabelOptions = {},
): CompiledRelabelConfig {
  const action = actionOf(config);
  const full: FullRelabelConfig = {
    sourceLabels: config.source_labels ?? [],
    separator: config.separator ?? ';',
    regex: config.regex ?? '(.*)',
    modulus: config.modulus ?? 0,
    targetLabel: config.target_label ?? '',
    replacement: config.replacement ?? '$1',
  };
  checkRelabel(action, full, config, nameValidation);
  return { action, config: full, apply: compileAction(action, full, nameValidation) };
}

/** Compiles a list of steps; an error names the step by its place, from 1. */
export function compileRelabels(
  configs: readonly RelabelConfig[] = [],
  options?: CompileRelabelOptions,
): CompiledRelabelConfig[] {
  return configs.map((config, index) => {
    try {
      return compileRelabel(config, options);
    } catch (error) {
      if (!(error instanceof DiscoveryError)) throw error;
      throw new DiscoveryError(error.code, `relabel rule ${index + 1}: ${error.message}`, { cause: error });
    }
  });
}

function actionOf(config: RelabelConfig): RelabelAction {
  const action = (config.action ?? 'replace').toLowerCase();
  const known = RELABEL_ACTIONS.find((name) => name === action);
  if (known !== undefined) return known;
  throw new DiscoveryError(
    'RELABEL_BAD_ACTION',
    `expected one of the actions ${RELABEL_ACTIONS.join(', ')}, found ${JSON.stringify(config.action)}`,
  );
}

function compileAction(
  action: RelabelAction,
  config: FullRelabelConfig,
  nameValidation: LabelNameValidation,
): (labels: LabelsBuilder) => boolean {
  const { targetLabel, modulus } = config;
  const regex = compileRegex(config.regex);
  const value = sourceReader(config);
  switch (action) {
    case 'keep':
      return (labels) => regex.test(value(labels));
    case 'drop':
      return (labels) => !regex.test(value(labels));
    case 'keepequal':
      return (labels) => labels.get(targetLabel) === value(labels);
    case 'dropequal':
      return (labels) => labels.get(targetLabel) !== value(labels);
    case 'replace':
      return kept(compileReplace(config, regex, value, nameValidation));
    case 'lowercase':
      return kept((labels) => labels.set(targetLabel, lowerCase(value(labels))));
    case 'uppercase':
      return kept((labels) => labels.set(targetLabel, upperCase(value(labels))));
    case 'hashmod':
      return kept((labels) => labels.set(targetLabel, String(hashMod(value(labels), modulus))));
    case 'labelmap':
      // In the order of names: where two labels map to one name, the last wins.
      return kept((labels) => {
        for (const [name, text] of labels.build()) {
          const mapped = regex.replace(name, config.replacement);
          if (mapped !== undefined && mapped !== '') labels.set(mapped, text);
        }
      });
    case 'labeldrop':
      return kept((labels) => deleteNames(labels, (name) => regex.test(name)));
    case 'labelkeep':
      return kept((labels) => deleteNames(labels, (name) => !regex.test(name)));
  }
}

function kept(change: (labels: LabelsBuilder) => void): (labels: LabelsBuilder) => boolean {
  return (labels) => {
    change(labels);
    return true;
  };
}

function compileRegex(source: string): AnchoredRegex {
  try {
    return new AnchoredRegex(source);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    throw new DiscoveryError('RELABEL_BAD_REGEX', error.message, { cause: error });
  }
}

function sourceReader({ sourceLabels, separator }: FullRelabelConfig): (labels: LabelsBuilder) => string {
  if (sourceLabels.length === 0) return () => '';
  if (sourceLabels.length === 1) return (labels) => labels.get(sourceLabels[0]!);
  return (labels) => sourceLabels.map((name) => labels.get(name)).join(separator);
}

function compileReplace(
  { regex: source, targetLabel, replacement }: FullRelabelConfig,
  regex: AnchoredRegex,
  value: (labels: LabelsBuilder) => string,
  nameValidation: LabelNameValidation,
): (labels: LabelsBuilder) => void {
  const fixedTarget = !targetLabel.includes('$');
  if (fixedTarget && source === '(.*)' && replacement === '$1') {
    return (labels) => labels.set(targetLabel, value(labels));
  }
  if (fixedTarget && !replacement.includes('$')) {
    return (labels) => {
      if (regex.test(value(labels))) labels.set(targetLabel, replacement);
    };
  }
  return (labels) => {
    const text = value(labels);
    const target = fixedTarget ? targetLabel : regex.replace(text, targetLabel);
    const replaced = regex.replace(text, replacement);
    if (target === undefined || replaced === undefined || !isLabelName(target, nameValidation)) return;
    labels.set(target, replaced);
  };
}

/** The last eight bytes of the MD5 sum, modulo `modulus`: the shard that Prometheus computes. */
function hashMod(text: string, modulus: number): bigint {
  return hash('md5', text, 'buffer').readBigUInt64BE(8) % BigInt(modulus);
}

function deleteNames(labels: LabelsBuilder, condemned: (name: string) => boolean): void {
  for (const name of labels.names()) if (condemned(name)) labels.delete(name);
}
