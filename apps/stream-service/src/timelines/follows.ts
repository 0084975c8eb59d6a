import { bytesOf, textOf, type Position, type TimelineStore } from '@binnacle/timeline';
import { StreamError } from '../errors.ts';

/** One edge of the follow graph. */
export interface Follow {
  /** The timeline that is followed: `actor:user:2`, `service:tracks`. */
  readonly source: string;
  readonly since: string;
}

/** Sources of one follower that are read. */
const MAX_SOURCES = 10_000;

/** The follow graph: a follower's edges are a timeline of their own, so they converge like everything else. */
export class Follows {
  readonly #store: TimelineStore;

  constructor(store: TimelineStore) {
    this.#store = store;
  }

  /** Adds or removes an edge as of a time; the later of two changes wins. True when it changed something. */
  async set(follower: string, source: string, follows: boolean, atMs: number): Promise<boolean> {
    const { statuses, errors } = await this.#store.write([
      {
        kind: follows ? 'insert' : 'delete',
        key: followsKey(follower),
        score: atMs,
        member: bytesOf(source),
      },
    ]);
    const [failed] = errors.values();
    if (failed !== undefined) throw unavailable(failed);
    return statuses[0] === 'applied';
  }

  /** Whom someone follows, the newest edge first. */
  async of(follower: string): Promise<Follow[]> {
    return (await this.#edges(follower)).map(({ score, member }) => ({
      source: textOf(member),
      since: new Date(score).toISOString(),
    }));
  }

  /** The timelines that someone follows. */
  async sourcesOf(follower: string): Promise<string[]> {
    return (await this.#edges(follower)).map(({ member }) => textOf(member));
  }

  async #edges(follower: string): Promise<readonly Position[]> {
    const [result] = await this.#store.read([followsKey(follower)], { limit: MAX_SOURCES });
    if (result === undefined || 'error' in result) throw unavailable(result?.error);
    return result.entries;
  }
}

function followsKey(follower: string): string {
  return bytesOf(`follows:${follower}`);
}

function unavailable(cause: unknown): StreamError {
  return new StreamError('STREAM_UNAVAILABLE', 'the follow graph cannot be reached', {
    cause,
    retryAfterSeconds: 1,
  });
}
