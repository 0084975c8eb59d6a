import { randomUUID } from 'node:crypto';
import { createRandom } from './demo/random.ts';

/** Events that the demo publishes besides those of the servers: deploys, and what people do. */
export interface DemoEvents {
  /** Tells that a version of a service has taken over. */
  deployed(service: string, version: string, previousVersion: string): Promise<void>;
  stop(): void;
}

const PUBLISH_TIMEOUT_MS = 5_000;
const ACTIVITY_INTERVAL_MS = 1_000;
const USERS = Array.from({ length: 12 }, (_, n) => `user:${n + 1}`);
const TRACKS = Array.from({ length: 30 }, (_, n) => `track:${n + 1}`);
const VERBS = ['repost', 'repost', 'like', 'like', 'like', 'upload'];
const FOLLOWED = 5;

/** Makes everyone follow a few others, and someone do something every second. */
export async function startDemoEvents(url: string, seed: number): Promise<DemoEvents> {
  const random = createRandom(seed);
  for (const user of USERS) {
    for (let n = 0; n < FOLLOWED; n++) await follow(url, user, random.pick(USERS));
  }
  const timer = setInterval(() => {
    const actor = random.pick(USERS);
    const data = { actor, verb: random.pick(VERBS), object: random.pick(TRACKS) };
    // A server that is away misses an activity of the demo, and nothing else.
    publish(url, 'activity', actor, data).catch(() => undefined);
  }, ACTIVITY_INTERVAL_MS);
  return {
    deployed: (service, version, previousVersion) =>
      publish(url, 'deploy.finished', service, {
        service,
        version,
        previousVersion,
        environment: 'demo',
        by: 'npm start',
      }),
    stop: () => clearInterval(timer),
  };
}

async function follow(url: string, follower: string, followed: string): Promise<void> {
  if (follower === followed) return;
  const path = `/api/v1/follows/${encodeURIComponent(follower)}/${encodeURIComponent(`actor:${followed}`)}`;
  await send(url + path, { method: 'PUT' });
}

function publish(url: string, type: string, partitionkey: string, data: object): Promise<void> {
  const event = {
    specversion: '1.0',
    id: randomUUID(),
    source: '/demo',
    type,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: `urn:binnacle:event:${type}:1`,
    partitionkey,
    data,
  };
  return send(`${url}/api/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify(event),
  });
}

async function send(url: string, init: RequestInit): Promise<void> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(PUBLISH_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
}
