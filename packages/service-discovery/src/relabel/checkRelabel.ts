import { DiscoveryError, type DiscoveryErrorCode } from '../errors.ts';
import type { RelabelAction, RelabelConfig } from '../schema/relabelSchema.ts';
import type { FullRelabelConfig } from './compileRelabel.ts';

/** `utf8`: any well-formed text but the empty one. `legacy`: letters, digits and underscores. */
export type LabelNameValidation = 'utf8' | 'legacy';

const LEGACY_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
/** A legacy name in which `$1`, `${1}` or `${name}` may stand for a part. */
const LEGACY_NAME_TEMPLATE = /^(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))(?:\w|\$(?:\{\w+\}|\w+))*$/;

const NEEDS_TARGET: ReadonlySet<RelabelAction> = new Set([
  'replace',
  'hashmod',
  'lowercase',
  'uppercase',
  'keepequal',
  'dropequal',
]);

/** Refuses a step whose fields do not fit its action. `given` is the configuration as it was written. */
export function checkRelabel(
  action: RelabelAction,
  config: FullRelabelConfig,
  given: RelabelConfig,
  nameValidation: LabelNameValidation,
): void {
  const fail = (code: DiscoveryErrorCode, message: string): never => {
    throw new DiscoveryError(code, `action ${action}: ${message}`);
  };
  const { targetLabel, replacement } = config;

  for (const name of config.sourceLabels) {
    if (!isLabelName(name, nameValidation)) {
      fail(
        'RELABEL_BAD_SOURCE_LABEL',
        `expected label names in source_labels, found ${JSON.stringify(name)}`,
      );
    }
  }
  if (action === 'hashmod' && !(config.modulus > 0)) {
    fail('RELABEL_BAD_MODULUS', `expected a modulus above 0, found ${config.modulus}`);
  }
  if (NEEDS_TARGET.has(action)) {
    if (targetLabel === '') fail('RELABEL_MISSING_TARGET_LABEL', 'expected a target_label, found none');
    const valid = action === 'replace' ? isLabelNameTemplate : isLabelName;
    if (!valid(targetLabel, nameValidation)) {
      fail('RELABEL_BAD_TARGET_LABEL', `expected a label name in target_label, found "${targetLabel}"`);
    }
  }
  if ((action === 'lowercase' || action === 'uppercase') && replacement !== '$1') {
    fail('RELABEL_EXTRA_FIELD', 'takes no replacement; remove it');
  }
  if (action === 'labelmap' && !isLabelNameTemplate(replacement, nameValidation)) {
    fail('RELABEL_BAD_REPLACEMENT', `expected a label name in replacement, found "${replacement}"`);
  }
  if (action === 'keepequal' || action === 'dropequal') {
    const extra = changedFields(config, ['regex', 'modulus', 'separator', 'replacement']);
    if (extra.length > 0) {
      fail('RELABEL_EXTRA_FIELD', `takes only source_labels and target_label; remove ${extra.join(', ')}`);
    }
  }
  if (action === 'labeldrop' || action === 'labelkeep') {
    const extra = changedFields(config, ['modulus', 'separator', 'replacement', 'targetLabel']);
    if (given.source_labels !== undefined) extra.unshift('source_labels');
    if (extra.length > 0) fail('RELABEL_EXTRA_FIELD', `takes only regex; remove ${extra.join(', ')}`);
  }
}

/** True for a name that a label may have. */
export function isLabelName(name: string, validation: LabelNameValidation): boolean {
  return validation === 'legacy' ? LEGACY_NAME.test(name) : name !== '' && name.isWellFormed();
}

function isLabelNameTemplate(name: string, validation: LabelNameValidation): boolean {
  return validation === 'legacy' ? LEGACY_NAME_TEMPLATE.test(name) : isLabelName(name, validation);
}

const DEFAULTS = { regex: '(.*)', modulus: 0, separator: ';', replacement: '$1', targetLabel: '' } as const;
const WRITTEN: Readonly<Record<keyof typeof DEFAULTS, string>> = {
  regex: 'regex',
  modulus: 'modulus',
  separator: 'separator',
  replacement: 'replacement',
  targetLabel: 'target_label',
};

function changedFields(config: FullRelabelConfig, fields: readonly (keyof typeof DEFAULTS)[]): string[] {
  return fields.filter((field) => config[field] !== DEFAULTS[field]).map((field) => WRITTEN[field]);
}
