import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';
import { DiscoveryError } from './errors.ts';
import { labelSetSchema, strictObject } from './schema/primitives.ts';

/** A set of label names and values, not yet a `Labels`. */
export type LabelSet = Readonly<Record<string, string>>;

/** Targets that one source reported together. */
export interface TargetGroup {
  /** Labels of each target; `__address__` is one of them. */
  readonly targets: readonly LabelSet[];
  /** Labels that all targets share; a target's own label of the same name wins. */
  readonly labels: LabelSet;
}

const groupList = Type.Array(
  strictObject({
    targets: Type.Optional(Type.Array(Type.String())),
    labels: Type.Optional(labelSetSchema),
  }),
);

export type WrittenGroup = Static<typeof groupList>[number];

/** The group of a written one (`targets` are addresses). `extra` are labels that the source adds. */
export function fromWritten(group: WrittenGroup, extra: LabelSet = {}): TargetGroup {
  return {
    targets: (group.targets ?? []).map((address) => ({ __address__: address })),
    labels: { ...group.labels, ...extra },
  };
}

/**
 * Checks the list of groups that a discovery file or an HTTP discovery endpoint holds. Throws DiscoveryError with
 * SD_BAD_TARGET_GROUP.
 */
export function parseWrittenGroups(value: unknown): WrittenGroup[] {
  if (Value.Check(groupList, value)) return value;
  const [first] = Value.Errors(groupList, value);
  throw new DiscoveryError(
    'SD_BAD_TARGET_GROUP',
    `expected a list of {"targets": [addresses], "labels": {names: texts}}, found a value that ${first?.message ?? 'differs'} at ${first?.instancePath === '' ? 'the top' : first?.instancePath}`,
  );
}
