import {
  dataSchemaUri,
  exceptionFirstSeen,
  exceptionRegressed,
  exceptionResolved,
  newEvent,
  targetDown,
  targetUp,
  type CloudEvent,
  type EventDefinition,
  type ExceptionEvent,
  type TargetEvent,
} from '@binnacle/event-schemas';
import type { Fingerprint } from '../aggregate/fingerprint.ts';
import type { Change, ChangeKind } from '../lifecycle/changes.ts';
import type { TargetHealth } from '../scrape/targetHealth.ts';

const EXCEPTION_EVENTS: Partial<Record<ChangeKind, EventDefinition>> = {
  first_seen: exceptionFirstSeen,
  regressed: exceptionRegressed,
  resolved: exceptionResolved,
};

/** The event that tells other services of a change; undefined for changes that are no news to them. */
export function exceptionEvent(
  source: string,
  change: Change,
  fingerprint: Fingerprint,
): CloudEvent | undefined {
  const definition = EXCEPTION_EVENTS[change.kind];
  if (definition === undefined) return undefined;
  const { environment } = fingerprint.labels;
  const data: ExceptionEvent = {
    service: change.service,
    key: shortened(change.key, 4096),
    fingerprint: change.id,
    class: shortened(change.class, 1024),
    message: shortened(fingerprint.message, 4096),
    severity: change.severity,
    totalCount: fingerprint.total,
    ...(change.version === '' ? {} : { version: shortened(change.version, 256) }),
    ...(environment === undefined ? {} : { environment: shortened(environment, 256) }),
  };
  // One change of one exception at one time: said again after a lost answer, it is the same event.
  const id = `${change.id}-${change.kind}-${change.at}`;
  return newEvent({ ...common(definition, source, change.service), id, time: new Date(change.at), data });
}

/** The event that a target answers, or no longer does. */
export function targetEvent(source: string, health: TargetHealth, atMs: number): CloudEvent {
  const definition = health.health === 'up' ? targetUp : targetDown;
  const instance = health.target.labels.get('instance') || health.target.url;
  const data: TargetEvent = {
    service: health.source,
    instance: shortened(instance, 512),
    url: shortened(health.target.url, 2048),
    pillar: 'exceptions',
    ...(health.lastError === null ? {} : { error: shortened(health.lastError, 4096) }),
  };
  const id = `${health.target.key}-${health.health}-${atMs}`.slice(-512);
  return newEvent({ ...common(definition, source, health.source), id, time: new Date(atMs), data });
}

function common(definition: EventDefinition, source: string, service: string) {
  return {
    source,
    type: definition.type,
    dataschema: dataSchemaUri(definition),
    subject: service,
    partitionkey: service,
  };
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : text.slice(0, length).toWellFormed();
}
