import { PARTITIONS } from '@binnacle/event-bus';
import { Type, type Static } from 'typebox';
import { StreamError } from '../errors.ts';
import type { EventSelection } from '../log/queries.ts';

export const MAX_LIMIT = 1_000;
const Offset = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const Time = Type.String({ maxLength: 64, description: 'RFC 3339, or milliseconds since the epoch.' });
const Name = Type.String({ minLength: 1, maxLength: 1024 });

export const selectionProperties = {
  stream: Type.Optional(Type.Union([Name, Type.Array(Name, { maxItems: 64 })])),
  key: Type.Optional(Name),
  service: Type.Optional(Name),
  q: Type.Optional(Type.String({ maxLength: 1024 })),
  from: Type.Optional(Time),
  to: Type.Optional(Time),
};

export const Partition = Type.Integer({ minimum: 0, maximum: PARTITIONS - 1 });

/** `partition`, repeated: which of the parts that consumer groups share. */
export const partitionQuery = {
  partition: Type.Optional(Type.Union([Partition, Type.Array(Partition, { maxItems: PARTITIONS })])),
};

export const eventsQuery = Type.Object({
  ...selectionProperties,
  ...partitionQuery,
  after: Type.Optional(Offset),
  before: Type.Optional(Offset),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: 100 })),
  order: Type.Optional(Type.Enum(['asc', 'desc'])),
  wait: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 30_000, description: 'Milliseconds to wait for a first event.' }),
  ),
});

export const histogramQuery = Type.Object({
  ...selectionProperties,
  buckets: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 60 })),
});

export const liveQuery = Type.Object({
  ...selectionProperties,
  after: Type.Optional(Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER })),
});

type SelectionQuery = Static<ReturnType<typeof Type.Object<typeof selectionProperties>>>;

/** The selection of a query string. Throws STREAM_BAD_REQUEST. */
export function selectionOf({ stream, key, service, q, from, to }: SelectionQuery): EventSelection {
  const fromMs = from === undefined ? undefined : timeOfText('from', from);
  const toMs = to === undefined ? undefined : timeOfText('to', to);
  return {
    ...(stream === undefined ? {} : { streams: typeof stream === 'string' ? [stream] : stream }),
    ...(key === undefined ? {} : { key }),
    ...(service === undefined ? {} : { service }),
    ...(q === undefined ? {} : { q }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
  };
}

/** The partitions of a query string; undefined for all. */
export function partitionsOf({
  partition,
}: {
  partition?: number | readonly number[];
}): readonly number[] | undefined {
  return typeof partition === 'number' ? [partition] : partition;
}

/** Milliseconds of a time in a query. Throws STREAM_BAD_REQUEST. */
export function timeOfText(name: string, text: string): number {
  const ms = /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new StreamError(
    'STREAM_BAD_REQUEST',
    `${name}: expected RFC 3339 or milliseconds since the epoch, found ${JSON.stringify(text)}`,
  );
}
