import { Type, type Static } from 'typebox';
import type { TimelineQuery } from '../timelines/timelineReader.ts';
import { timeOfText } from './requests.ts';

const Name = Type.String({ minLength: 1, maxLength: 1024 });
const names = (maxItems: number) => Type.Union([Name, Type.Array(Name, { minItems: 1, maxItems })]);

export const MAX_KEYS = 2_000;

const filterProperties = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 50 })),
  verb: Type.Optional(names(64)),
  actor: Type.Optional(names(64)),
  object: Type.Optional(names(64)),
  type: Type.Optional(names(64)),
  mute: Type.Optional(names(256)),
  order: Type.Optional(Type.Enum(['asc', 'desc'])),
  asOf: Type.Optional(Type.String({ maxLength: 64 })),
  rank: Type.Optional(Type.String({ maxLength: 64, description: 'recent@1 or varied@1.' })),
};
const cursor = { cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 100_000 })) };

export const feedQuery = Type.Object({ ...filterProperties, ...cursor });
export const timelineQuery = Type.Object({ key: names(MAX_KEYS), ...filterProperties, ...cursor });
export const aggregateQuery = Type.Object({
  key: names(MAX_KEYS),
  ...filterProperties,
  ...cursor,
  window: Type.Optional(Type.Integer({ minimum: 1_000, default: 3_600_000, description: 'Milliseconds.' })),
});
export const explainQuery = Type.Object({
  key: Name,
  member: Type.String({ maxLength: 88_000, description: 'Base64 of the bytes.' }),
  score: Type.Optional(Type.Number({ description: 'Score of the write in question.' })),
});
export const rebuildQuery = Type.Object({ source: Type.Optional(Type.Enum(['log', 'kafka'])) });
export const liveTimelineQuery = Type.Object({
  key: names(MAX_KEYS),
  after: Type.Optional(Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER })),
});

/** The question of a query string about the timelines `keys`. */
export function timelineQueryOf(
  query: Static<typeof feedQuery>,
  keys: readonly string[],
  viewer?: string,
): TimelineQuery {
  const { cursor, asOf, rank } = query;
  const lists = Object.fromEntries(
    (['verb', 'actor', 'object', 'type', 'mute'] as const).flatMap((name) => {
      const values = query[name];
      return values === undefined ? [] : [[name, listOf(values)]];
    }),
  );
  return {
    keys,
    limit: query.limit ?? 50,
    order: query.order ?? 'desc',
    ...lists,
    ...(cursor === undefined ? {} : { cursor }),
    ...(asOf === undefined ? {} : { asOfMs: timeOfText('asOf', asOf) }),
    ...(rank === undefined ? {} : { rank }),
    ...(viewer === undefined ? {} : { viewer }),
  };
}

export function listOf(values: string | readonly string[]): readonly string[] {
  return typeof values === 'string' ? [values] : values;
}
