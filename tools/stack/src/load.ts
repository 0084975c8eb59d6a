import { createRandom } from './demo/random.ts';

/** Sends requests to the gateways until it is stopped. */
export interface Load {
  /** Sends `count` requests at once that are sure to fail somewhere. */
  burst(count: number): void;
  stop(): void;
}

const REQUEST_TIMEOUT_MS = 5_000;

/**
 * Keeps about `requestsPerSecond` going (with a slow swell, as days have), spread over the gateways. Failures are the
 * purpose and are not reported here; the services report them.
 */
export function startLoad(gatewayUrls: readonly string[], requestsPerSecond: number, seed: number): Load {
  const random = createRandom(seed);
  const startedAt = Date.now();
  let inFlight = 0;
  let dropped = 0;

  const send = async (path: string, init: RequestInit = {}): Promise<void> => {
    if (inFlight >= 200) {
      dropped += 1;
      return;
    }
    inFlight += 1;
    try {
      const url = random.pick(gatewayUrls) + path;
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
      await response.arrayBuffer();
    } catch {
      dropped += 1; // A gateway that is being restarted; the next request goes on.
    } finally {
      inFlight -= 1;
    }
  };

  const checkout = (body: object): Promise<void> =>
    send('/checkout', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const one = (): Promise<void> => {
    const roll = random.next();
    const id = Math.floor(random.next() * 5000);
    if (roll < 0.5) return send(`/tracks/${id}`);
    if (roll < 0.75) return send(`/feed/user-${id % 300}${random.chance(0.01) ? '?cursor=-zz' : ''}`);
    if (roll < 0.93) {
      const filter = random.chance(0.04) ? '&filter={genre:' : '';
      return send(`/search?q=${random.pick(['ambient', 'techno', 'jazz', 'dub'])}${filter}`);
    }
    const customer = random.chance(0.02) ? undefined : { card: `411111111111${1000 + (id % 9000)}` };
    return checkout({ amount: random.chance(0.02) ? 9.99 : 999, customer });
  };

  const tickMs = 100;
  let owed = 0;
  const timer = setInterval(() => {
    const swell = 1 + 0.4 * Math.sin(((Date.now() - startedAt) / 240_000) * 2 * Math.PI);
    owed += (requestsPerSecond * swell * tickMs) / 1000;
    for (; owed >= 1; owed -= 1) void one();
  }, tickMs);

  return {
    burst: (count) => {
      for (let i = 0; i < count; i++) void checkout({ amount: 0.5 + i });
    },
    stop: () => clearInterval(timer),
  };
}
