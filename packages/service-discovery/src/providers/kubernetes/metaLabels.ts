import { sanitizeLabelName } from '../sanitizeLabelName.ts';
import type { ObjectMeta } from './objects.ts';

export const META = '__meta_kubernetes_';

/** `__meta_kubernetes_<role>_name`, its labels and its annotations. */
export function metaLabels(role: string, meta: ObjectMeta): Record<string, string> {
  return { [`${META}${role}_name`]: meta.name, ...ownLabels(role, meta) };
}

/** The labels and annotations of an object, each with a label that says that it is there. */
export function ownLabels(role: string, { labels, annotations }: ObjectMeta): Record<string, string> {
  const result: Record<string, string> = {};
  const add = (kind: string, values: Readonly<Record<string, string>> | null | undefined): void => {
    for (const [name, value] of Object.entries(values ?? {})) {
      const suffix = sanitizeLabelName(name);
      result[`${META}${role}_${kind}_${suffix}`] = value;
      result[`${META}${role}_${kind}present_${suffix}`] = 'true';
    }
  };
  add('label', labels);
  add('annotation', annotations);
  return result;
}

/** Labels whose value is known; undefined and null ones are left out. */
export function known(
  labels: Readonly<Record<string, string | number | boolean | null | undefined>>,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    if (value !== undefined && value !== null) result[META + name] = String(value);
  }
  return result;
}
