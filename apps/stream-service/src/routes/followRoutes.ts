import type { ServiceApp } from '@binnacle/service-kit';
import { Type } from 'typebox';
import type { Dependencies } from './dependencies.ts';
import { timeOfText } from './requests.ts';
import { feedQuery, timelineQueryOf } from './timelineRequests.ts';

const Name = Type.String({ minLength: 1, maxLength: 512 });
const edge = Type.Object({ follower: Name, source: Name });
const at = Type.Object({ at: Type.Optional(Type.String({ maxLength: 64 })) });
const tags = ['feeds'];

/** The follow graph and the feeds that follow from it: sources are merged when a feed is read. */
export function followRoutes(app: ServiceApp, { follows, reader, clock }: Dependencies): void {
  const change = async (
    { follower, source }: { follower: string; source: string },
    follow: boolean,
    time: string | undefined,
  ) => {
    const atMs = time === undefined ? clock.now() : timeOfText('at', time);
    return { follower, source, changed: await follows.set(follower, source, follow, atMs) };
  };

  app.put(
    '/api/v1/follows/:follower/:source',
    { schema: { tags, summary: 'Follow a timeline.', params: edge, querystring: at } },
    async ({ params, query }) => change(params, true, query.at),
  );

  app.delete(
    '/api/v1/follows/:follower/:source',
    { schema: { tags, summary: 'Follow it no longer.', params: edge, querystring: at } },
    async ({ params, query }) => change(params, false, query.at),
  );

  app.get(
    '/api/v1/follows/:follower',
    { schema: { tags, summary: 'Whom someone follows.', params: Type.Object({ follower: Name }) } },
    async ({ params: { follower } }) => ({ follower, follows: await follows.of(follower) }),
  );

  app.get(
    '/api/v1/feeds/:follower',
    {
      schema: {
        tags,
        summary: 'Everything that someone follows, merged newest first.',
        params: Type.Object({ follower: Name }),
        querystring: feedQuery,
      },
    },
    async ({ params: { follower }, query }) => {
      const sources = await follows.sourcesOf(follower);
      const page = await reader.page(timelineQueryOf(query, sources, follower));
      return { ...page, sources: sources.length };
    },
  );
}
