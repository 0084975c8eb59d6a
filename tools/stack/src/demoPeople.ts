import { createRandom } from './demo/random.ts';

/** People who use the demo services until they are stopped. */
export interface DemoPeople {
  stop(): void;
}

const REQUEST_TIMEOUT_MS = 5_000;
const ACTIVITY_INTERVAL_MS = 1_000;
const USERS = Array.from({ length: 12 }, (_, n) => `user:${n + 1}`);
const TRACKS = Array.from({ length: 30 }, (_, n) => `track:${n + 1}`);
const VERBS = ['repost', 'repost', 'like', 'like', 'like', 'upload'];
const FOLLOWED = 5;

/** Makes everyone follow a few others, and someone do something at a gateway every second. */
export async function startDemoPeople(
  streamServiceUrl: string,
  gatewayUrls: readonly string[],
  seed: number,
): Promise<DemoPeople> {
  const random = createRandom(seed);
  for (const user of USERS) {
    for (let n = 0; n < FOLLOWED; n++) await follow(streamServiceUrl, user, random.pick(USERS));
  }
  const timer = setInterval(() => {
    const activity = { actor: random.pick(USERS), verb: random.pick(VERBS), object: random.pick(TRACKS) };
    // A gateway that is being restarted misses an activity of the demo, and nothing else.
    send(`${random.pick(gatewayUrls)}/activities`, 'POST', activity).catch(() => undefined);
  }, ACTIVITY_INTERVAL_MS);
  return { stop: () => clearInterval(timer) };
}

async function follow(url: string, follower: string, followed: string): Promise<void> {
  if (follower === followed) return;
  const path = `/api/v1/follows/${encodeURIComponent(follower)}/${encodeURIComponent(`actor:${followed}`)}`;
  await send(url + path, 'PUT');
}

async function send(url: string, method: 'POST' | 'PUT', body?: object): Promise<void> {
  const response = await fetch(url, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  await response.body?.cancel();
}
