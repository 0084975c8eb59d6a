import { Type, type Static } from 'typebox';
import { defineEvent } from '../defineEvent.ts';
import { environment, instance, service, version } from './fields.ts';

const data = Type.Object({
  service,
  /** The aggregation key, as the client chose it. */
  key: Type.String({ maxLength: 4096 }),
  /** Identifies (service, key) in the exception server's API. */
  fingerprint: Type.String({ minLength: 1, maxLength: 128 }),
  class: Type.String({ maxLength: 1024 }),
  message: Type.String({ maxLength: 4096 }),
  severity: Type.String({ maxLength: 64 }),
  totalCount: Type.Number({ minimum: 0 }),
  version: Type.Optional(version),
  instance: Type.Optional(instance),
  environment,
  by: Type.Optional(Type.String({ maxLength: 256 })),
});

export type ExceptionEvent = Static<typeof data>;

/** A fingerprint was seen for the first time. */
export const exceptionFirstSeen = defineEvent({
  type: 'exception.first_seen',
  version: 1,
  description: 'An exception was seen for the first time.',
  data,
});

/** A resolved fingerprint occurred again. */
export const exceptionRegressed = defineEvent({
  type: 'exception.regressed',
  version: 1,
  description: 'A resolved exception occurred again.',
  data,
});

/** A person resolved a fingerprint. */
export const exceptionResolved = defineEvent({
  type: 'exception.resolved',
  version: 1,
  description: 'An exception was resolved.',
  data,
});
