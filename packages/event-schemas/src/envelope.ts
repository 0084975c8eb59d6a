import { Type, type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { EventError } from './errors.ts';

/** RFC 3339 with a zone, as CloudEvents asks. */
const TIMESTAMP = '^\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?([Zz]|[+-]\\d{2}:\\d{2})$';

/**
 * A CloudEvents 1.0 event in its JSON form (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
 * (source, id) identifies it for ever. Extension attributes stand beside the others and are kept.
 */
export const cloudEventSchema = Type.Object({
  specversion: Type.Literal('1.0'),
  id: Type.String({ minLength: 1, maxLength: 512 }),
  source: Type.String({ minLength: 1, maxLength: 1024 }),
  type: Type.String({ minLength: 1, maxLength: 255 }),
  time: Type.Optional(Type.String({ pattern: TIMESTAMP })),
  subject: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  datacontenttype: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  dataschema: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  /** Events with one key keep their order (the partitioning extension). */
  partitionkey: Type.Optional(Type.String({ minLength: 1, maxLength: 1024 })),
  data: Type.Optional(Type.Unknown()),
  data_base64: Type.Optional(Type.String()),
});

export type CloudEvent<Data = unknown> = Omit<Static<typeof cloudEventSchema>, 'data'> & {
  readonly data?: Data;
};

export interface NewEventOptions {
  readonly source: string;
  readonly type: string;
  readonly data: unknown;
  readonly id?: string;
  /** Defaults to now. */
  readonly time?: Date;
  readonly subject?: string;
  readonly partitionkey?: string;
  readonly dataschema?: string;
}

/** A new event with what CloudEvents requires filled in. */
export function newEvent({ id, time, data, ...rest }: NewEventOptions): CloudEvent {
  return {
    specversion: '1.0',
    id: id ?? crypto.randomUUID(),
    time: (time ?? new Date()).toISOString(),
    datacontenttype: 'application/json',
    ...rest,
    data,
  };
}

const envelope = Compile(cloudEventSchema);
const KNOWN_NAMES: ReadonlySet<string> = new Set(Object.keys(cloudEventSchema.properties));
const ATTRIBUTE_NAME = /^[a-z0-9]{1,40}$/;

/** Checks an envelope. Throws EventError EVENT_BAD_ENVELOPE. */
export function checkEnvelope(value: unknown): CloudEvent {
  if (!envelope.Check(value)) {
    const [first] = envelope.Errors(value);
    const where = first?.instancePath.slice(1) || 'event';
    throw new EventError(
      'EVENT_BAD_ENVELOPE',
      `expected a CloudEvents 1.0 event, found ${where}: ${first?.message ?? 'not an object'}`,
    );
  }
  for (const name of Object.keys(value)) {
    if (KNOWN_NAMES.has(name) || ATTRIBUTE_NAME.test(name)) continue;
    throw new EventError(
      'EVENT_BAD_ENVELOPE',
      `expected attribute names of lower-case letters and digits, found ${JSON.stringify(name)}`,
    );
  }
  if (value.time !== undefined && Number.isNaN(Date.parse(value.time))) {
    throw new EventError('EVENT_BAD_ENVELOPE', `expected a time that exists, found ${value.time}`);
  }
  return value as CloudEvent;
}
