import { Type, type Static } from 'typebox';
import { defineEvent } from '../defineEvent.ts';
import { labels, service } from './fields.ts';

const data = Type.Object({
  alertname: Type.String({ minLength: 1, maxLength: 1024 }),
  fingerprint: Type.String({ minLength: 1, maxLength: 128 }),
  labels,
  annotations: Type.Optional(labels),
  service: Type.Optional(service),
  activeAt: Type.String({ maxLength: 64 }),
  value: Type.Optional(Type.Number()),
});

const silencedData = Type.Object({
  ...data.properties,
  silenceId: Type.String({ minLength: 1, maxLength: 128 }),
  until: Type.String({ maxLength: 64 }),
  by: Type.String({ maxLength: 256 }),
});

export type Alert = Static<typeof data>;
export type AlertSilenced = Static<typeof silencedData>;

/** An alert has fired. */
export const alertFiring = defineEvent({
  type: 'alert.firing',
  version: 1,
  description: 'An alert has fired.',
  data,
});

/** A firing alert's condition no longer holds. */
export const alertResolved = defineEvent({
  type: 'alert.resolved',
  version: 1,
  description: 'The condition of a firing alert no longer holds.',
  data,
});

/** A person silenced an alert. */
export const alertSilenced = defineEvent({
  type: 'alert.silenced',
  version: 1,
  description: 'An alert was silenced.',
  data: silencedData,
});
