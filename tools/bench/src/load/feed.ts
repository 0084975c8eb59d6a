import { compress } from '@binnacle/remote-protocol';
import { Fleet } from '../fleet.ts';
import { HttpClient } from '../httpClient.ts';
import { PreparedSeries } from './preparedSeries.ts';

export interface FeedOptions {
  readonly port: number;
  readonly series: number;
  readonly steps: number;
  readonly intervalMs: number;
  /** Time of the first sample of every series. */
  readonly firstMs: number;
}

export interface FeedProgress {
  readonly steps: number;
  /** Time of the newest sample. */
  readonly timeMs: number;
  readonly acknowledged: number;
}

export interface FeedResult {
  /** Samples in requests that the server answered with success. */
  readonly acknowledged: number;
  /** Requests that the server refused for good, and the first reason. */
  readonly refused: number;
  readonly refusal: string | undefined;
  /** Requests that were sent again: no answer, or "not now". */
  readonly retries: number;
  readonly slowestMs: number;
  /** The sum of all values of each host. */
  readonly hostSums: Float64Array;
}

export const WRITE_LIMIT_MS = 30_000;
const SAMPLES_PER_REQUEST = 5000;
const SERIES_PER_HOST = 100;
const CONNECTIONS = 4;
const RETRY_MS = 250;
const HEADERS = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
};

/**
 * Sends the samples of every step before those of the next, a few requests side by side, and each until it is
 * answered, as remote write does. A request that was acknowledged is never sent again.
 */
export async function sendFeed(
  options: FeedOptions,
  onProgress: (progress: FeedProgress) => void,
): Promise<FeedResult> {
  const { series, steps, intervalMs, firstMs } = options;
  const fleet = new Fleet(series);
  const prepared = new PreparedSeries(fleet.labels, SAMPLES_PER_REQUEST);
  const hostSums = new Float64Array(series / SERIES_PER_HOST);
  const sender = new Sender(new HttpClient(options.port, WRITE_LIMIT_MS));
  for (let step = 0; step < steps; step++) {
    fleet.advance();
    const timeMs = firstMs + step * intervalMs;
    for (let i = 0; i < series; i++) hostSums[Math.floor(i / SERIES_PER_HOST)]! += fleet.values[i]!;
    let next = 0;
    const connection = async (): Promise<void> => {
      while (next < series) {
        const from = next;
        const to = (next = Math.min(series, from + SAMPLES_PER_REQUEST));
        await sender.send(compress(prepared.request(from, to, timeMs, fleet.values)), to - from);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
    onProgress({ steps: step + 1, timeMs, acknowledged: sender.acknowledged });
  }
  const { acknowledged, refused, refusal, retries, slowestMs } = sender;
  sender.close();
  return { acknowledged, refused, refusal, retries, slowestMs, hostSums };
}

class Sender {
  readonly #client: HttpClient;
  acknowledged = 0;
  refused = 0;
  refusal: string | undefined;
  retries = 0;
  slowestMs = 0;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  async send(body: Uint8Array, samples: number): Promise<void> {
    for (;;) {
      const start = performance.now();
      try {
        await this.#client.post('/api/v1/write', body, HEADERS);
        this.slowestMs = Math.max(this.slowestMs, performance.now() - start);
        this.acknowledged += samples;
        return;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (/answered 4\d\d/.test(message)) {
          this.refused++;
          this.refusal ??= message;
          return;
        }
        if (message.includes('took more than')) this.slowestMs = Math.max(this.slowestMs, WRITE_LIMIT_MS);
        this.retries++;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  close(): void {
    this.#client.close();
  }
}
