import { hash } from 'node:crypto';
import type { CloudEvent } from '@binnacle/event-schemas';

/** An event as the log keeps and serves it. */
export interface StoredEvent {
  /** Its place in the log, counted from 0 without gaps. */
  readonly offset: number;
  /** When the log took it, RFC 3339 UTC with milliseconds. Never decreases with the offset. */
  readonly receivedAt: string;
  readonly event: CloudEvent;
  /** Size of the event's JSON. */
  readonly bytes: number;
}

/** An event that was checked and may be appended. */
export interface CheckedEvent {
  readonly event: CloudEvent;
  readonly json: Uint8Array;
}

export const OFFSET_BYTES = 6;
const HEADER_BYTES = 8;

/** Makes an event ready to be appended, exactly as it was given; `text` is its JSON, where it came as that. */
export function checkedEvent(event: CloudEvent, text?: Uint8Array): CheckedEvent {
  return { event, json: text ?? Buffer.from(JSON.stringify(event)) };
}

/** Milliseconds of the event's own time; the time of receipt when it has none. */
export function timeOf(event: CloudEvent, receivedAtMs: number): number {
  return event.time === undefined ? receivedAtMs : Date.parse(event.time);
}

/** The `service` of an event's data, where it has one. */
export function serviceOf({ data }: CloudEvent): string | undefined {
  if (typeof data !== 'object' || data === null || !('service' in data)) return undefined;
  return typeof data.service === 'string' && data.service !== '' ? data.service : undefined;
}

/** What (source, id) is remembered by: 128 bits of SHA-256, one unit per byte. */
export function identityOf({ source, id }: Pick<CloudEvent, 'source' | 'id'>): string {
  return hash('sha256', `${source}\0${id}`, 'binary').slice(0, 16);
}

/** A log record: the time of receipt as float64, then the event's JSON. */
export function encodeRecord(receivedAtMs: number, json: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(HEADER_BYTES + json.length);
  record.writeDoubleBE(receivedAtMs);
  record.set(json, HEADER_BYTES);
  return record;
}

export function decodeRecord(offset: number, record: Buffer): StoredEvent {
  const json = record.toString('utf8', HEADER_BYTES);
  return {
    offset,
    receivedAt: new Date(record.readDoubleBE()).toISOString(),
    event: JSON.parse(json) as CloudEvent,
    bytes: record.length - HEADER_BYTES,
  };
}

export function receivedAtOf(record: Buffer): number {
  return record.readDoubleBE();
}

export function offsetKey(offset: number): Buffer {
  const key = Buffer.allocUnsafe(OFFSET_BYTES);
  key.writeUIntBE(offset, 0, OFFSET_BYTES);
  return key;
}

export function offsetOfKey(key: Buffer): number {
  return key.readUIntBE(key.length - OFFSET_BYTES, OFFSET_BYTES);
}
