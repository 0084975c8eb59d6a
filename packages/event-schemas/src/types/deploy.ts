import { Type, type Static } from 'typebox';
import { defineEvent } from '../defineEvent.ts';
import { environment, service, version } from './fields.ts';

const data = Type.Object({
  service,
  version,
  environment,
  /** The version that ran before. */
  previousVersion: Type.Optional(version),
  /** `finished` when absent. */
  outcome: Type.Optional(Type.String({ maxLength: 64 })),
  by: Type.Optional(Type.String({ maxLength: 256 })),
  url: Type.Optional(Type.String({ maxLength: 2048 })),
});

export type DeployFinished = Static<typeof data>;

/** A version of a service has taken over. */
export const deployFinished = defineEvent({
  type: 'deploy.finished',
  version: 1,
  description: 'A version of a service has taken over.',
  data,
});
