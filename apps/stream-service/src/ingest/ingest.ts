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
      const { event } = registry.check(value);
      if (!log.hasRoomFor(event.type)) {
        const message = `expected one of the streams that exist, found ${event.type}; this log has as many as it takes`;
        rejected.push({ index, code: 'STREAM_TOO_MANY_STREAMS', message });
      } else accepted.push(checkedEvent(value as typeof event));
    } catch (error) {
      if (!(error instanceof EventError)) throw error;
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
