import type { CloudEvent, EventRegistry } from '@binnacle/event-schemas';
import { bufferOf, bytesOf, MAX_KEY_BYTES, type Bytes, type Operation } from '@binnacle/timeline';
import { serviceOf, timeOf, type StoredEvent } from '../log/storedEvent.ts';

/** What an activity's member says. */
export interface ActivityMember {
  readonly verb: string;
  readonly object: string;
  readonly target?: string;
}

const ACTIVITY = 'activity';
const ACTOR_PREFIX = 'actor:';

/**
 * The timeline writes that an event stands for: a registered type goes to `kind:<type>`, and to `service:<name>` when
 * its data names one; an activity goes to `actor:<actor>` too. The score is the event's own time in milliseconds, never
 * the time of reading, so replaying the log gives the same timelines.
 */
export function operationsOfEvent(
  registry: EventRegistry,
  stored: Pick<StoredEvent, 'event' | 'receivedAt'>,
): Operation[] {
  const { event, definition } = registry.check(stored.event);
  if (definition === undefined) return [];
  const score = timeOf(event, Date.parse(stored.receivedAt));
  const insert = (key: string, member: Bytes): Operation => ({
    kind: 'insert',
    key: bytesOf(key),
    score,
    member,
  });
  const operations = [insert(`kind:${event.type}`, eventMember(event))];
  const service = serviceOf(event);
  if (service !== undefined) operations.push(insert(`service:${service}`, eventMember(event)));
  if (event.type === ACTIVITY) {
    const {
      actor,
      undone = false,
      ...activity
    } = event.data as ActivityMember & { actor: string; undone?: boolean };
    const kind = undone ? 'delete' : 'insert';
    operations.push({ kind, key: bytesOf(ACTOR_PREFIX + actor), score, member: activityMember(activity) });
  }
  return operations.filter(({ key }) => key.length <= MAX_KEY_BYTES);
}

/** The timelines that an event belongs to, in the order of its operations. */
export function timelineKeysOf(registry: EventRegistry, event: CloudEvent): string[] {
  const operations = operationsOfEvent(registry, { event, receivedAt: new Date(0).toISOString() });
  return operations.map(({ key }) => bufferOf(key).toString('utf8'));
}

/** Whether a key holds what events say, and nothing else. */
export function isFromEvents(key: Bytes): boolean {
  return ['kind:', 'service:', ACTOR_PREFIX].some((prefix) => key.startsWith(prefix));
}

/** The member of an event in `service:` and `kind:` timelines. */
export function eventMember({ source, id }: Pick<CloudEvent, 'source' | 'id'>): Bytes {
  return bytesOf(`${source}\0${id}`);
}

/** The (source, id) of a member of a `service:` or `kind:` timeline. */
export function identityOfMember(key: string, member: string): { source: string; id: string } | undefined {
  if (!key.startsWith('service:') && !key.startsWith('kind:')) return undefined;
  const at = member.indexOf('\0');
  return at < 0 ? undefined : { source: member.slice(0, at), id: member.slice(at + 1) };
}

/** The member of an activity in its actor's timeline: doing the same thing again moves it, undoing removes it. */
export function activityMember({ verb, object, target }: ActivityMember): Bytes {
  return bytesOf([verb, object, ...(target === undefined ? [] : [target])].join('\0'));
}

/** The activity of a member of an `actor:` timeline. */
export function activityOfMember(
  key: string,
  member: string,
): (ActivityMember & { actor: string }) | undefined {
  if (!key.startsWith(ACTOR_PREFIX)) return undefined;
  const [verb, object, target] = member.split('\0');
  if (verb === undefined || object === undefined) return undefined;
  const actor = key.slice(ACTOR_PREFIX.length);
  return { actor, verb, object, ...(target === undefined ? {} : { target }) };
}
