import { Type, type Static } from 'typebox';
import { STATUSES } from '../lifecycle/status.ts';
import type { ErrorNode } from '../payload/payload.ts';
import { SORTS } from '../queries/list.ts';

const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Integer>>(schema: T) =>
  Type.Union([schema, Type.Null()]);
/** PostgreSQL keeps no NUL; nothing that is stored has one. */
const text = (options: { minLength?: number; maxLength: number; description?: string }) =>
  Type.String({ pattern: '^[^\\u0000]*$', ...options });
const time = (description = '') =>
  Type.String({ format: 'date-time', ...(description !== '' && { description }) });
const texts = (description: string) =>
  Type.Optional(Type.Array(text({ maxLength: 1024 }), { maxItems: 200, description }));
const literals = <const T extends string>(values: readonly T[]) =>
  Type.Unsafe<T>({ type: 'string', enum: values });
const stringMap = Type.Record(Type.String(), Type.String());

export const windowQuery = {
  from: Type.Optional(time('Begin of the window of counts; an hour before `to` unless given.')),
  to: Type.Optional(time('End of the window of counts; now unless given.')),
};

export const filterQuery = {
  q: Type.Optional(text({ maxLength: 512, description: 'Words that class, message or key hold.' })),
  service: texts('Any of these services.'),
  severity: texts('Any of these severities.'),
  status: Type.Optional(
    Type.Array(literals([...STATUSES, 'all']), {
      maxItems: 10,
      description: 'Any of these; all but resolved and muted unless given.',
    }),
  ),
  class: Type.Optional(text({ maxLength: 512 })),
  version: Type.Optional(text({ maxLength: 256 })),
  label: texts('`name=value`; all of them.'),
  firstSeenAfter: Type.Optional(time()),
  lastSeenAfter: Type.Optional(time()),
};

export const listQuery = Type.Object({
  ...filterQuery,
  ...windowQuery,
  sort: Type.Optional(literals(SORTS)),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
  cursor: Type.Optional(Type.String({ maxLength: 512 })),
});
export const facetQuery = Type.Object(filterQuery);
export type FilterQuery = Static<typeof facetQuery>;
export const windowOnlyQuery = Type.Object(windowQuery);
export type WindowQuery = Static<typeof windowOnlyQuery>;

export const coverage = Type.Object({ answered: Type.Integer(), total: Type.Integer() });

const summaryProperties = {
  id: Type.String({ description: 'The first 32 hexadecimal digits of SHA-256 over service, NUL and key.' }),
  service: Type.String(),
  key: Type.String(),
  class: Type.String(),
  message: Type.String(),
  severity: Type.String(),
  status: literals(STATUSES),
  count: Type.Integer({ description: 'Occurrences in the window.' }),
  previousCount: Type.Integer({ description: 'Occurrences in the window of the same length before it.' }),
  totalCount: Type.Integer(),
  firstSeen: time(),
  lastSeen: time(),
  versions: Type.Array(Type.String()),
  sparkline: Type.Array(Type.Integer()),
  coverage,
  mute: Type.Union([
    Type.Object({
      until: nullable(time()),
      count: nullable(Type.Integer()),
      version: nullable(Type.String()),
      by: Type.String(),
    }),
    Type.Null(),
  ]),
  resolvedAt: nullable(time()),
  regression: Type.Union([
    Type.Object({
      at: time(),
      version: Type.String(),
      kind: literals(['old_version', 'new_version', 'unknown_version']),
    }),
    Type.Null(),
  ]),
  labels: stringMap,
};
export const exceptionSummary = Type.Object(summaryProperties);
export type ExceptionSummary = Static<typeof exceptionSummary>;

export const listAnswer = Type.Object({
  items: Type.Array(exceptionSummary),
  nextCursor: nullable(Type.String()),
  total: Type.Integer(),
  window: Type.Object({ from: time(), to: time(), stepSeconds: Type.Integer() }),
});

export const occurrence = Type.Object({
  uuid: Type.String(),
  timestamp: time(),
  severity: Type.String(),
  instance: Type.String(),
  version: Type.String(),
  error: Type.Unsafe<ErrorNode>({
    type: 'object',
    additionalProperties: true,
    description: '{ class, message, stacktrace: string[]|null, cause: error|null, errors?: error[] }',
  }),
  http: Type.Union([
    Type.Object({
      method: Type.String(),
      url: Type.String(),
      headers: Type.Union([stringMap, Type.Null()]),
      body: nullable(Type.String()),
    }),
    Type.Null(),
  ]),
  labels: stringMap,
});

export const exceptionDetail = Type.Object({
  ...summaryProperties,
  createdAt: time(),
  samples: Type.Array(occurrence),
  byVersion: Type.Array(
    Type.Object({ version: Type.String(), firstSeen: time(), lastSeen: time(), totalCount: Type.Integer() }),
  ),
  byInstance: Type.Array(
    Type.Object({
      instance: Type.String(),
      targetUuid: Type.String(),
      lastSeen: time(),
      totalCount: Type.Integer(),
      up: Type.Boolean(),
    }),
  ),
  activity: Type.Array(
    Type.Object({ at: time(), action: Type.String(), by: Type.String(), detail: Type.String() }),
  ),
});

export const idParams = Type.Object({ id: Type.String({ pattern: '^[0-9a-f]{32}$' }) });

export const seriesQuery = Type.Object({
  ...windowQuery,
  stepSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 31_536_000 })),
  by: Type.Optional(literals(['version'])),
});
export const seriesAnswer = Type.Object({
  from: time(),
  stepSeconds: Type.Integer(),
  series: Type.Array(Type.Object({ labels: stringMap, counts: Type.Array(Type.Integer()) })),
});

export const actionBody = Type.Object(
  {
    ids: Type.Array(Type.String({ pattern: '^[0-9a-f]{32}$' }), { minItems: 1, maxItems: 1000 }),
    action: literals(['resolve', 'reopen', 'mute', 'unmute']),
    by: Type.Optional(text({ maxLength: 256 })),
    mute: Type.Optional(
      Type.Object(
        {
          until: Type.Optional(time()),
          count: Type.Optional(Type.Integer({ minimum: 1, maximum: 1e15 })),
          newVersion: Type.Optional(Type.Boolean()),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);
export type ActionBody = Static<typeof actionBody>;
export const actionAnswer = Type.Object({
  affected: Type.Integer(),
  undoToken: Type.String(),
  undoUntil: time(),
});
export const undoBody = Type.Object(
  {
    undoToken: Type.String({ minLength: 1, maxLength: 64 }),
    by: Type.Optional(text({ maxLength: 256 })),
  },
  { additionalProperties: false },
);
export const undoAnswer = Type.Object({ affected: Type.Integer() });

export const servicesAnswer = Type.Object({
  services: Type.Array(
    Type.Object({
      name: Type.String(),
      exceptions: Type.Integer(),
      newExceptions: Type.Integer(),
      count: Type.Integer(),
      targets: Type.Object({ up: Type.Integer(), total: Type.Integer() }),
      lastSeen: nullable(time()),
    }),
  ),
});

export const targetsAnswer = Type.Object({
  targets: Type.Array(
    Type.Object({
      service: Type.String(),
      url: Type.String(),
      instance: Type.String(),
      targetUuid: Type.String(),
      health: literals(['up', 'down', 'unknown']),
      lastScrape: nullable(time()),
      lastScrapeDurationMs: nullable(Type.Integer()),
      lastError: nullable(Type.String()),
      labels: stringMap,
      discoveredLabels: stringMap,
    }),
  ),
  dropped: Type.Array(
    Type.Object({ service: Type.String(), discoveredLabels: stringMap, reason: Type.String() }),
  ),
  droppedTotal: Type.Integer(),
});

const facet = Type.Array(Type.Object({ value: Type.String(), count: Type.Integer() }));
export const facetsAnswer = Type.Object({
  services: facet,
  severities: facet,
  classes: facet,
  versions: facet,
  statuses: facet,
});

export const pushQuery = Type.Object({
  service: Type.Optional(text({ minLength: 1, maxLength: 256 })),
  instance: Type.Optional(text({ maxLength: 256 })),
  version: Type.Optional(text({ maxLength: 256 })),
});
export const pushParams = Type.Object({ service: text({ minLength: 1, maxLength: 256 }) });
export const pushAnswer = Type.Object({
  accepted: Type.Integer(),
  added: Type.Integer(),
  rejected: Type.Integer(),
});
