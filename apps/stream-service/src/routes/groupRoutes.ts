import type { ServiceApp } from '@binnacle/service-kit';
import { Type } from 'typebox';
import { StreamError } from '../errors.ts';
import type { Dependencies } from './dependencies.ts';

const params = Type.Object({ group: Type.String({ pattern: '^[\\w.:-]{1,128}$' }) });
const body = Type.Object({ offset: Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER }) });

/** Positions of consumer groups: the last offset that a group has done with. */
export function groupRoutes(app: ServiceApp, { log }: Dependencies): void {
  const describe = (group: string, offset: number) => ({
    group,
    offset,
    lag: log.nextOffset - 1 - Math.max(offset, log.firstOffset - 1),
  });

  app.put(
    '/api/v1/groups/:group',
    { schema: { tags: ['groups'], summary: 'Keep the last offset done with.', params, body } },
    async ({ params: { group }, body: { offset } }) => {
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
