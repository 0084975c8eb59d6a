import type { Labels } from '@binnacle/model';

/** Labels that say nothing beyond the service itself. */
const NEVER_KEPT = new Set(['job']);

/** A target's labels as exceptions keep them. `instance` and `version` always come along; they are columns. */
export function keptLabels(labels: Labels, names: readonly string[] | undefined): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of labels) {
    const isKept = names === undefined ? !NEVER_KEPT.has(name) : names.includes(name);
    if (isKept || name === 'instance' || name === 'version') kept[name] = value;
  }
  return kept;
}
