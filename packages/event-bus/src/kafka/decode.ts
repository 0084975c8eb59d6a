import { EventError, fromKafka, type CloudEvent } from '@binnacle/event-schemas';
import type { IHeaders } from 'kafkajs';
import { PermanentError } from '../errors.ts';

/** The parts of a record that an event is read from. */
export interface RawRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: IHeaders | undefined;
}

const OPENING_BRACE = 0x7b;

/** A record's value when that is the event's JSON and nothing else, such as a byte order mark. */
export function structuredText({ value, headers = {} }: RawRecord): Buffer | undefined {
  const type = headers['content-type'];
  const structured = type !== undefined && String(type) === 'application/cloudevents+json';
  return structured && value?.[0] === OPENING_BRACE ? value : undefined;
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
  return specversion === '1.0' && isText(id) && isText(source) && isText(type);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** The last value of each header. */
export function singleHeaders(headers: IHeaders): Record<string, string | Uint8Array | undefined> {
  if (!Object.values(headers).some(Array.isArray)) return headers as Record<string, string | Buffer>;
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.at(-1) : value]),
  );
}
