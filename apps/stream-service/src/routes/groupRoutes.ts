import type { Clock, ServiceApp } from '@binnacle/service-kit';
import { Type } from 'typebox';
import { StreamError } from '../errors.ts';
import { DeadLetters } from '../log/deadLetters.ts';
import type { EventLog } from '../log/eventLog.ts';
import { GroupLeases } from '../log/groupLeases.ts';
import type { Dependencies } from './dependencies.ts';

const params = Type.Object({ group: Type.String({ pattern: '^[\\w.:-]{1,128}$' }) });
const Consumer = Type.String({ minLength: 1, maxLength: 128 });
const body = Type.Object({
  offset: Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }),
  consumer: Type.Optional(Consumer),
});
const leaseBody = Type.Object({
  consumer: Consumer,
  ttlMs: Type.Optional(Type.Integer({ minimum: 500, maximum: 60_000, default: 10_000 })),
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
  state: Type.Optional(state),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 100 })),
});
const redriveBody = Type.Object({ offsets: Type.Array(Offset, { maxItems: 10_000 }) });
const letterParams = Type.Object({ ...params.properties, offset: Offset });

/** Positions of consumer groups: the last offset that a group has done with. */
export function groupRoutes(app: ServiceApp, { log, clock }: Dependencies): void {
  const leases = new GroupLeases(clock);
  positionRoutes(app, log, leases);
  leaseRoutes(app, leases);
  deadLetterRoutes(app, log, clock);
}

function positionRoutes(app: ServiceApp, log: EventLog, leases: GroupLeases): void {
  const describe = (group: string, offset: number) => ({
    group,
    offset,
    lag: log.nextOffset - 1 - Math.max(offset, log.firstOffset - 1),
  });

  app.put(
    '/api/v1/groups/:group',
    { schema: { tags: ['groups'], summary: 'Keep the last offset done with.', params, body } },
    async ({ params: { group }, body: { offset, consumer } }) => {
      if (consumer !== undefined && !leases.admits(group, consumer)) {
        throw new StreamError('STREAM_LEASE_HELD', `another consumer of group ${group} has the lease`);
      }
      if (offset >= log.nextOffset) {
        const message = `offset: expected at most ${log.nextOffset - 1}, found ${offset}`;
        throw new StreamError('STREAM_BAD_REQUEST', message);
      }
      await log.setPosition(`group/${group}`, offset);
      return describe(group, offset);
    },
  );

  app.get(
    '/api/v1/groups/:group',
    { schema: { tags: ['groups'], summary: 'The position and lag of a group.', params } },
    async ({ params: { group } }) => {
      const offset = log.position(`group/${group}`);
      if (offset === undefined)
        throw new StreamError('STREAM_NOT_FOUND', `group ${group} has kept no offset yet`);
      return describe(group, offset);
    },
  );
}

/** Whose turn it is to consume for a group. */
function leaseRoutes(app: ServiceApp, leases: GroupLeases): void {
  const path = '/api/v1/groups/:group/lease';
  const tags = ['groups'];

  app.post(
    path,
    { schema: { tags, summary: 'Take or prolong the lease of a group.', params, body: leaseBody } },
    async ({ params: { group }, body: { consumer, ttlMs = 10_000 } }) => {
      const lease = leases.take(group, consumer, ttlMs);
      if (lease === undefined) {
        const message = 'too many groups have a consumer; try again later';
        throw new StreamError('STREAM_OVERLOADED', message, { retryAfterSeconds: 10 });
      }
      const expiresAt = new Date(lease.expiresAtMs).toISOString();
      return { group, granted: lease.consumer === consumer, holder: lease.consumer, expiresAt };
    },
  );

  app.delete(
    path,
    { schema: { tags, summary: 'Let the lease go.', params, querystring: releaseQuery } },
    async ({ params: { group }, query: { consumer } }) => {
      leases.release(group, consumer);
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
      letters: letters.list(group, query.state ?? 'dead', query.limit ?? 100),
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
