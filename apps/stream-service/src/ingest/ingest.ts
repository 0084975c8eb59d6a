import { PermanentError } from '@binnacle/event-bus';
import { EventError, type EventRegistry } from '@binnacle/event-schemas';
import type { EventLog } from '../log/eventLog.ts';
import { checkedEvent, type CheckedEvent } from '../log/storedEvent.ts';

/** Why one event of a request was not taken. */
export interface Rejection {
  /** Its place in the request. */
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

/** What became of a request's events. */
export interface IngestResult {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: readonly Rejection[];
  /** The highest offset among accepted and duplicate events; null when there is none. */
  readonly lastOffset: number | null;
}

/** Checks events and appends those that are acceptable, in one transaction with whatever else waits. */
export async function ingest(
  log: EventLog,
  registry: EventRegistry,
  values: readonly unknown[],
): Promise<IngestResult> {
  const accepted: CheckedEvent[] = [];
  const rejected: Rejection[] = [];
  values.forEach((value, index) => {
    try {
      accepted.push(acceptable(log, registry, value));
    } catch (error) {
      if (!(error instanceof EventError) && !(error instanceof PermanentError)) throw error;
      rejected.push({ index, code: error.code, message: error.message });
    }
  });
  if (accepted.length === 0) return { accepted: 0, duplicates: 0, rejected, lastOffset: null };
  const appended = await log.append(accepted);
  const duplicates = appended.filter(({ duplicate }) => duplicate).length;
  return {
    accepted: appended.length - duplicates,
    duplicates,
    rejected,
    lastOffset: appended.reduce((max, { offset }) => Math.max(max, offset), -1),
  };
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
