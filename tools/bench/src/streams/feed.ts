import { HttpClient } from '../httpClient.ts';
import { startStreamServer } from './servers.ts';

const OUTBOXES = 10_000;
const FOLLOWED = 2_000;
const EVENTS_PER_REQUEST = 1_000;
const PAGE = 50;

/** Milliseconds of each read of a feed of 2,000 followed sources, newest 50, over `events` in 10,000 outboxes. */
export async function measureFeed(events: number, reads: number): Promise<{ p50Ms: number; p99Ms: number }> {
  await using server = await startStreamServer('lmdb');
  const client = new HttpClient(Number(new URL(server.url).port));
  try {
    for (let at = 0; at < events; at += EVENTS_PER_REQUEST) await client.post('/', insertBody(at));
    await follow(client);
    const times: number[] = [];
    for (let read = -10; read < reads; read++) {
      const began = performance.now();
      const answer = await client.get(`/api/v1/feeds/reader?limit=${PAGE}`);
      if (read >= 0) times.push(performance.now() - began);
      const { items, partial } = JSON.parse(answer.toString()) as { items: unknown[]; partial: boolean };
      if (items.length !== PAGE || partial)
        throw new Error(`feed: expected ${PAGE} items, found ${answer.toString()}`);
    }
    return { p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) };
  } finally {
    client.close();
  }
}

/** Tuples as Roshi's API takes them, whose members are activities. */
function insertBody(from: number): Buffer {
  const tuples = Array.from({ length: EVENTS_PER_REQUEST }, (_, i) => {
    const n = from + i;
    const key = base64(outbox((n * 7919) % OUTBOXES));
    return `{"key":"${key}","score":${1_700_000_000_000 + n * 10},"member":"${base64(`repost\0track:${n}`)}"}`;
  });
  return Buffer.from(`[${tuples.join(',')}]`);
}

/** Edges are entries of the timeline `follows:<who>`. */
async function follow(client: HttpClient): Promise<void> {
  const edges = Array.from({ length: FOLLOWED }, (_, i) => {
    const member = base64(outbox((i * 5) % OUTBOXES));
    return `{"key":"${base64('follows:reader')}","score":${1_700_000_000_000 + i},"member":"${member}"}`;
  });
  await client.post('/', Buffer.from(`[${edges.join(',')}]`));
}

function outbox(n: number): string {
  return `actor:user:${n}`;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function percentile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
}
