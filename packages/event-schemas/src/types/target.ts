import { Type, type Static } from 'typebox';
import { defineEvent } from '../defineEvent.ts';
import { instance, labels, service } from './fields.ts';

const data = Type.Object({
  service,
  instance,
  url: Type.String({ maxLength: 2048 }),
  /** `metrics` or `exceptions`: which scraper saw it. */
  pillar: Type.String({ maxLength: 64 }),
  labels: Type.Optional(labels),
  error: Type.Optional(Type.String({ maxLength: 4096 })),
});

export type TargetEvent = Static<typeof data>;

/** A target answers (again). */
export const targetUp = defineEvent({
  type: 'target.up',
  version: 1,
  description: 'A target answers.',
  data,
});

/** A target stopped answering. */
export const targetDown = defineEvent({
  type: 'target.down',
  version: 1,
  description: 'A target stopped answering.',
  data,
});
