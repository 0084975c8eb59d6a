import { Type, type Static } from 'typebox';
import { defineEvent } from '../defineEvent.ts';

const id = Type.String({ minLength: 1, maxLength: 512 });

const data = Type.Object({
  /** Who: `user:1`. */
  actor: id,
  /** What they did: `follow`, `repost`, `upload`, `like`, or a team's own. */
  verb: Type.String({ minLength: 1, maxLength: 64 }),
  /** To what: `track:9`. */
  object: id,
  /** For or to whom: `playlist:3`. */
  target: Type.Optional(id),
  /** True takes an earlier activity back. */
  undone: Type.Optional(Type.Boolean()),
});

export type Activity = Static<typeof data>;

/** Someone did something to something: what feeds are made of. */
export const activity = defineEvent({
  type: 'activity',
  version: 1,
  description: 'An actor did something to an object.',
  data,
});
