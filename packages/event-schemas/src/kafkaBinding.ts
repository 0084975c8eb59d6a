import type { CloudEvent } from './envelope.ts';
import { parseJson, payload } from './httpBinding.ts';
import { EventError } from './errors.ts';

/** A Kafka record: key and value as bytes or text, headers likewise. */
export interface KafkaMessage {
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers: Readonly<Record<string, string | Uint8Array | undefined>>;
}

/**
 * The event of a Kafka record, structured or binary (`ce_*` headers), by the Kafka protocol binding of CloudEvents
 * 1.0. The envelope is not checked yet. Throws EventError EVENT_BAD_MESSAGE.
 */
export function fromKafka(message: KafkaMessage): unknown {
  const header = (name: string): string | undefined => text(message.headers[name]);
  const contentType = (header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const body = text(message.value) ?? '';
  if (contentType === 'application/cloudevents+json') return parseJson(body);
  if (header('ce_specversion') === undefined) {
    throw new EventError(
      'EVENT_BAD_MESSAGE',
      'expected a record with ce_* headers or content-type application/cloudevents+json',
    );
  }
  const event: Record<string, unknown> = {};
  for (const name of Object.keys(message.headers)) {
    if (name.startsWith('ce_')) event[name.slice(3)] = header(name);
  }
  if (contentType !== '') event['datacontenttype'] = contentType;
  const key = text(message.key);
  if (key !== undefined) event['partitionkey'] = key;
  return { ...event, ...payload(contentType, body) };
}

/** An event as a structured Kafka record; its key is the event's `partitionkey`. */
export function toKafka(event: CloudEvent): KafkaMessage {
  return {
    key: event.partitionkey ?? null,
    value: JSON.stringify(event),
    headers: { 'content-type': 'application/cloudevents+json' },
  };
}

const decoder = new TextDecoder();

function text(value: string | Uint8Array | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined;
  return typeof value === 'string' ? value : decoder.decode(value);
}
