import type { Clock, ServiceApp } from '@binnacle/service-kit';
import { PARTITIONS } from '@binnacle/event-bus';
import { Type } from 'typebox';
import { StreamError } from '../errors.ts';
import { ConsumerGroups, DEFAULT_TTL_MS, LONGEST_TTL_MS } from '../groups/consumerGroups.ts';
import { DeadLetters } from '../groups/deadLetters.ts';
import { EVERY_PARTITION, GroupPositions } from '../groups/groupPositions.ts';
import type { EventLog } from '../log/eventLog.ts';
import type { Dependencies } from './dependencies.ts';
import { Partition, partitionQuery, partitionsOf } from './requests.ts';

const params = Type.Object({ group: Type.String({ pattern: '^[\\w.:-]{1,128}$' }) });
const Consumer = Type.String({ minLength: 1, maxLength: 128 });
const some = { maxItems: PARTITIONS, uniqueItems: true };
const body = Type.Object({
  offset: Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }),
  consumer: Type.Optional(Consumer),
  partitions: Type.Optional(Type.Array(Partition, { ...some, minItems: 1 })),
});
const leaseBody = Type.Object({
  consumer: Consumer,
  ttlMs: Type.Optional(Type.Integer({ minimum: 500, maximum: LONGEST_TTL_MS, default: DEFAULT_TTL_MS })),
  holding: Type.Optional(Type.Array(Partition, some)),
});
const releaseQuery = Type.Object({ consumer: Consumer });

const state = Type.Enum(['dead', 'redriven']);
const Offset = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const failure = Type.Object({
  offset: Offset,
  code: Type.String({ maxLength: 256 }),
  message: Type.String({ maxLength: 16_384 }),
  attempts: Type.Integer({ minimum: 1 }),
});
const listQuery = Type.Object({
  ...partitionQuery,
  state: Type.Optional(state),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
});
const redriveBody = Type.Object({ offsets: Type.Array(Offset, { maxItems: 10_000 }) });
const letterParams = Type.Object({ ...params.properties, offset: Offset });

/** Consumer groups: who consumes which partitions, how far each has come, and what could not be handled. */
export function groupRoutes(app: ServiceApp, { log, clock }: Dependencies): void {
  const positions = new GroupPositions(log);
  const groups = new ConsumerGroups(clock, (group) => positions.get(group) !== undefined);
  positionRoutes(app, log, positions, groups);
  leaseRoutes(app, groups, clock);
  deadLetterRoutes(app, log, clock);
}

/** The last offset that a group, or each partition of it, is done with. */
function positionRoutes(
  app: ServiceApp,
  log: EventLog,
  positions: GroupPositions,
  groups: ConsumerGroups,
): void {
  const describe = (group: string, partitions: readonly number[]) => {
    const offset = Math.min(...partitions);
    const lag = log.nextOffset - 1 - Math.max(offset, log.firstOffset - 1);
    return { group, offset, lag, partitions, consumers: groups.members(group) };
  };

  app.put(
    '/api/v1/groups/:group',
    { schema: { tags: ['groups'], summary: 'Keep the last offset done with.', params, body } },
    async ({ params: { group }, body: { offset, consumer, partitions = EVERY_PARTITION } }) => {
      if (!groups.admits(group, consumer, partitions)) {
        throw new StreamError('STREAM_LEASE_HELD', `another consumer of group ${group} has a lease on these`);
      }
      if (offset >= log.nextOffset) {
        const message = `offset: expected at most ${log.nextOffset - 1}, found ${offset}`;
        throw new StreamError('STREAM_BAD_REQUEST', message);
      }
      await positions.set(group, partitions, offset);
      return describe(group, positions.get(group)!);
    },
  );

  app.get(
    '/api/v1/groups/:group',
    { schema: { tags: ['groups'], summary: 'Positions, lag and consumers of a group.', params } },
    async ({ params: { group } }) => {
      const kept = positions.get(group);
      if (kept === undefined)
        throw new StreamError('STREAM_NOT_FOUND', `group ${group} has kept no offset yet`);
      return describe(group, kept);
    },
  );
}

/** Who consumes which partitions of a group. */
function leaseRoutes(app: ServiceApp, groups: ConsumerGroups, clock: Clock): void {
  const path = '/api/v1/groups/:group/lease';
  const tags = ['groups'];

  app.post(
    path,
    { schema: { tags, summary: 'Join a group, or renew a share of it.', params, body: leaseBody } },
    async ({ params: { group }, body: { consumer, ttlMs = DEFAULT_TTL_MS, holding = [] } }) => {
      const share = groups.renew(group, consumer, { ttlMs, holding });
      if (share === undefined) {
        const message = 'too many groups, or too many consumers of this one; try again later';
        throw new StreamError('STREAM_OVERLOADED', message, { retryAfterSeconds: 10 });
      }
      const expiresAt = new Date(clock.now() + ttlMs).toISOString();
      return { group, consumer, ...share, of: PARTITIONS, expiresAt };
    },
  );

  app.delete(
    path,
    { schema: { tags, summary: 'Leave a group.', params, querystring: releaseQuery } },
    async ({ params: { group }, query: { consumer } }) => {
      groups.leave(group, consumer);
      return { group };
    },
  );
}

/** Events that a group could never handle: kept, looked at, and delivered to the group again. */
function deadLetterRoutes(app: ServiceApp, log: EventLog, clock: Clock): void {
  const letters = new DeadLetters(log);
  const path = '/api/v1/groups/:group/dead-letters';
  const tags = ['groups'];

  app.post(
    path,
    { schema: { tags, summary: 'Keep a dead letter.', params, body: failure } },
    async ({ params: { group }, body: { offset, ...why } }) => {
      const kept = await letters.bury(group, offset, why, new Date(clock.now()).toISOString());
      if (kept) return { group, offset };
      throw new StreamError(
        'STREAM_OVERLOADED',
        `group ${group} has too many dead letters; redrive or delete some`,
        {
          retryAfterSeconds: 10,
        },
      );
    },
  );

  app.get(
    path,
    { schema: { tags, summary: 'Dead letters of a group.', params, querystring: listQuery } },
    async ({ params: { group }, query }) => ({
      group,
      letters: letters.list(group, query.state ?? 'dead', query.limit ?? 100, partitionsOf(query)),
    }),
  );

  app.post(
    `${path}/redrive`,
    { schema: { tags, summary: 'Deliver dead letters to the group again.', params, body: redriveBody } },
    async ({ params: { group }, body: { offsets } }) => ({ redriven: await letters.redrive(group, offsets) }),
  );

  app.delete(
    `${path}/:offset`,
    {
      schema: {
        tags,
        summary: 'Forget a letter.',
        params: letterParams,
        querystring: Type.Object({ state: Type.Optional(state) }),
      },
    },
    async ({ params: { group, offset }, query }) => {
      await letters.remove(group, query.state ?? 'dead', offset);
      return { group, offset };
    },
  );
}
