import { Duration } from '@binnacle/service-kit';
import { Type, type StaticDecode } from 'typebox';

const labels = () => Type.Optional(Type.Record(Type.String({ minLength: 1 }), Type.String()));

const rule = Type.Object({
  record: Type.Optional(Type.String()),
  alert: Type.Optional(Type.String()),
  expr: Type.String({ minLength: 1 }),
  for: Type.Optional(Duration()),
  keep_firing_for: Type.Optional(Duration()),
  labels: labels(),
  annotations: labels(),
});

const group = Type.Object({
  name: Type.String({ minLength: 1 }),
  interval: Type.Optional(Duration()),
  query_offset: Type.Optional(Duration()),
  limit: Type.Optional(Type.Integer({ minimum: 0 })),
  labels: labels(),
  rules: Type.Optional(Type.Array(rule)),
});

/** A rule file. */
export const ruleFileSchema = Type.Object({ groups: Type.Optional(Type.Array(group)) });

export type RuleSection = StaticDecode<typeof rule>;
export type GroupSection = StaticDecode<typeof group>;
