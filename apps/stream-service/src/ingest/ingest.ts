import { PermanentError } from '@binnacle/event-bus';
import { EventError, type CloudEvent, type EventRegistry } from '@binnacle/event-schemas';
import type { EventLog } from '../log/eventLog.ts';
import { checkedEvent, type CheckedEvent } from '../log/storedEvent.ts';

/** Why one event of a request was not taken. */
export interface Rejection {
  /** Its place in the request. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

/** An event of a request that the log has. */
export interface Taken {
  /** Its place in the request. */
  readonly index: number;
  readonly event: CloudEvent;
  readonly offset: number;
  /** The log had it before. */
  readonly duplicate: boolean;
}

/** What became of a request's events: each is in one of the lists, which are in the order of the request. */
export interface Ingested {
  readonly taken: readonly Taken[];
  readonly rejected: readonly Rejection[];
}

/**
 * Checks events and appends those that are acceptable, in one transaction with whatever else waits. A value that is an
 * EventError is an event that could not be read.
 */
export async function ingest(
  log: EventLog,
  registry: EventRegistry,
  values: readonly unknown[],
): Promise<Ingested> {
  const accepted: CheckedEvent[] = [];
  const places: number[] = [];
  const rejected: Rejection[] = [];
  values.forEach((value, index) => {
    try {
      if (value instanceof EventError) throw value;
      accepted.push(acceptable(log, registry, value));
      places.push(index);
    } catch (error) {
      if (!(error instanceof EventError) && !(error instanceof PermanentError)) throw error;
      rejected.push({ index, code: error.code, message: error.message });
    }
  });
  if (accepted.length === 0) return { taken: [], rejected };
  const appended = await log.append(accepted);
  const taken = appended.map(({ offset, duplicate }, i) => ({
    index: places[i]!,
    event: accepted[i]!.event,
    offset,
    duplicate,
  }));
  return { taken, rejected };
}

/** An event that the log may take; `text` is its JSON, where it came as that. Throws EventError, PermanentError. */
export function acceptable(
  log: EventLog,
  registry: EventRegistry,
  value: unknown,
  text?: Uint8Array,
): CheckedEvent {
  const event = registry.validate(value);
  if (log.hasRoomFor(event.type)) return checkedEvent(event, text);
  throw new PermanentError(
    'STREAM_TOO_MANY_STREAMS',
    `expected one of the streams that exist, found ${event.type}; this log has as many as it takes`,
  );
}
