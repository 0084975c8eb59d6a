import type { CloudEvent } from './envelope.ts';
import { EventError } from './errors.ts';

/** A request body with its headers (names in lower case). */
export interface HttpMessage {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** A body larger than this many events is refused. */
const MAX_BATCH = 10_000;

/**
 * Events of an HTTP message: structured (`application/cloudevents+json`), batched (`application/cloudevents-batch+json`)
 * or binary (`ce-*` headers), by the HTTP protocol binding of CloudEvents 1.0. The envelopes are not checked yet.
 * Throws EventError EVENT_BAD_MESSAGE.
 */
export function fromHttp({ headers, body }: HttpMessage): unknown[] {
  const contentType = (headers['content-type'] ?? '').split(';', 1)[0]!.trim().toLowerCase();
  if (contentType === 'application/cloudevents+json') return [parseJson(body)];
  if (contentType === 'application/cloudevents-batch+json') return parseBatch(body);
  if (headers['ce-specversion'] === undefined) {
    throw new EventError(
      'EVENT_BAD_MESSAGE',
      'expected content-type application/cloudevents+json, application/cloudevents-batch+json, or ce-* headers; ' +
        `found content-type ${JSON.stringify(contentType)}`,
    );
  }
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && value !== undefined) event[name.slice(3)] = decodeHeader(value);
  }
  if (contentType !== '') event['datacontenttype'] = contentType;
  Object.assign(event, payload(contentType, body));
  return [event];
}

/** An event as a structured HTTP message. */
export function toHttp(event: CloudEvent): HttpMessage {
  return {
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    body: JSON.stringify(event),
  };
}

/** The payload of a binary message as `data` (JSON or text) or nothing when it is empty. */
export function payload(contentType: string, body: string): { data?: unknown } {
  if (body === '') return {};
  return { data: contentType === '' || /[/+]json$/.test(contentType) ? parseJson(body) : body };
}

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new EventError('EVENT_BAD_MESSAGE', `expected JSON, found ${(cause as Error).message}`, { cause });
  }
}

function parseBatch(body: string): unknown[] {
  const events = parseJson(body);
  if (Array.isArray(events) && events.length <= MAX_BATCH) return events;
  const found = Array.isArray(events) ? `${events.length} events` : typeof events;
  throw new EventError(
    'EVENT_BAD_MESSAGE',
    `expected an array of at most ${MAX_BATCH} events, found ${found}`,
  );
}

/** Header values are percent-encoded where HTTP does not allow a character. */
function decodeHeader(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch (cause) {
    if (cause instanceof URIError) return value;
    throw cause;
  }
}
