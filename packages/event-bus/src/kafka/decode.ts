import { EventError, fromKafka, type CloudEvent } from '@binnacle/event-schemas';
import type { IHeaders } from 'kafkajs';
import { PermanentError } from '../errors.ts';

/** The parts of a record that an event is read from. */
export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders | undefined;
}

/** The event of a record, or why it is none. */
export function checkedEnvelope({ key, value, headers = {} }: RawRecord): CloudEvent | PermanentError {
  try {
    const event = fromKafka({ key, value, headers: singleHeaders(headers) });
    return isEnvelope(event)
      ? event
      : new PermanentError('EVENT_BAD_ENVELOPE', 'expected a CloudEvents 1.0 event');
  } catch (cause) {
    if (!(cause instanceof EventError)) throw cause;
    return new PermanentError(cause.code, cause.message, { cause });
  }
}

/** What the bus itself needs of an event; a consumer checks the rest. */
function isEnvelope(value: unknown): value is CloudEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { specversion, id, source, type } = value as Record<string, unknown>;
  return specversion === '1.0' && [id, source, type].every((text) => typeof text === 'string' && text !== '');
}

/** The last value of each header. */
export function singleHeaders(headers: IHeaders): Record<string, string | Uint8Array | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  );
}
