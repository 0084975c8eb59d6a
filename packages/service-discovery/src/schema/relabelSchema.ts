import { Type, type Static } from 'typebox';
import { strictObject } from './primitives.ts';

/** The eleven relabel actions. */
export const RELABEL_ACTIONS = [
  'replace',
  'keep',
  'drop',
  'keepequal',
  'dropequal',
  'hashmod',
  'labelmap',
  'labeldrop',
  'labelkeep',
  'lowercase',
  'uppercase',
] as const;

export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

/** One step of `relabel_configs` or `metric_relabel_configs`. `compileRelabel` applies the defaults and checks it. */
const relabelConfig = strictObject({
  source_labels: Type.Optional(Type.Array(Type.String(), { maxItems: 1000 })),
  separator: Type.Optional(Type.String({ default: ';' })),
  regex: Type.Optional(Type.String({ default: '(.*)' })),
  modulus: Type.Optional(Type.Integer({ minimum: 0 })),
  target_label: Type.Optional(Type.String()),
  replacement: Type.Optional(Type.String({ default: '$1' })),
  action: Type.Optional(Type.String({ default: 'replace' })),
});

export const relabelConfigs = Type.Array(relabelConfig, { maxItems: 10_000 });

export type RelabelConfig = Static<typeof relabelConfig>;
