import { createHash } from 'node:crypto';
import {
  alertFiring,
  alertResolved,
  dataSchemaUri,
  newEvent,
  targetDown,
  targetUp,
  type Alert as AlertData,
  type CloudEvent,
  type EventDefinition,
  type TargetEvent,
} from '@binnacle/event-schemas';
import type { Target } from '@binnacle/service-discovery';
import type { Alert } from '../rules/alertingRule.ts';

/** The event that an alert fires, or no longer does. */
export function alertEvent(source: string, alert: Alert): CloudEvent {
  const isFiring = alert.state === 'firing';
  const definition = isFiring ? alertFiring : alertResolved;
  const fingerprint = createHash('sha256').update(alert.labels.key).digest('hex').slice(0, 16);
  const service = alert.labels.get('service');
  const data: AlertData = {
    alertname: alert.labels.get('alertname'),
    fingerprint,
    labels: shortened(alert.labels),
    annotations: shortened(Object.entries(alert.annotations)),
    activeAt: new Date(alert.activeAtMs).toISOString(),
    ...(service === '' ? {} : { service: service.slice(0, 256) }),
    ...(Number.isFinite(alert.value) ? { value: alert.value } : {}),
  };
  const atMs = (isFiring ? alert.firedAtMs : alert.resolvedAtMs) ?? alert.activeAtMs;
  // After a restart an alert that still fires is found again: the same event, by its activeAt.
  const id = `${fingerprint}-${alert.activeAtMs}-${isFiring ? 'firing' : 'resolved'}`;
  return newEvent({
    ...common(definition, source, service || data.alertname),
    id,
    time: new Date(atMs),
    data,
  });
}

/** The event that a target answers, or no longer does. */
export function targetEvent(
  source: string,
  job: string,
  target: Target,
  error: string,
  atMs: number,
): CloudEvent {
  const definition = error === '' ? targetUp : targetDown;
  const service = target.labels.get('service') || job;
  const data: TargetEvent = {
    service: service.slice(0, 256),
    instance: (target.labels.get('instance') || target.url).slice(0, 512),
    url: target.url.slice(0, 2048),
    pillar: 'metrics',
    labels: shortened(target.labels),
    ...(error === '' ? {} : { error: error.slice(0, 4096).toWellFormed() }),
  };
  const state = error === '' ? 'up' : 'down';
  const id = `${createHash('sha256').update(target.key).digest('hex').slice(0, 16)}-${state}-${atMs}`;
  return newEvent({ ...common(definition, source, service), id, time: new Date(atMs), data });
}

function common(definition: EventDefinition, source: string, service: string) {
  const subject = service.slice(0, 1024);
  return {
    source,
    type: definition.type,
    dataschema: dataSchemaUri(definition),
    subject,
    partitionkey: subject,
  };
}

function shortened(pairs: Iterable<readonly [string, string]>): Record<string, string> {
  return Object.fromEntries(
    [...pairs].map(([name, value]) => [name.slice(0, 256), value.slice(0, 4096).toWellFormed()]),
  );
}
