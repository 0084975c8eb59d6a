import { randomUUID } from 'node:crypto';
import { wait } from '../backoff.ts';
import type { HttpClient } from './httpClient.ts';

/** How long the server keeps a lease that is not prolonged. */
const LEASE_MS = 10_000;
const PROLONGED_AFTER_MS = 3_000;

/** One consumer's part in the lease of a group: whoever has it consumes, the others stand by. */
export class GroupLease {
  readonly consumer = randomUUID();
  readonly #client: HttpClient;
  readonly #path: string;
  #takenAt = -Infinity;

  constructor(client: HttpClient, groupPath: string) {
    this.#client = client;
    this.#path = `${groupPath}/lease`;
  }

  /** Whether this consumer has the lease; asks when it was taken some time ago. */
  async take(): Promise<boolean> {
    const now = performance.now();
    if (now - this.#takenAt < PROLONGED_AFTER_MS) return true;
    const body = { consumer: this.consumer, ttlMs: LEASE_MS };
    const { granted } = await this.#client.send<{ granted: boolean }>('POST', this.#path, body);
    this.#takenAt = granted ? now : -Infinity;
    return granted;
  }

  /** Prolongs the lease for as long as `work` takes. */
  async keepDuring<T>(work: () => Promise<T>, onError: (error: unknown) => void): Promise<T> {
    const done = new AbortController();
    const keeping = (async () => {
      for (;;) {
        await wait(PROLONGED_AFTER_MS, done.signal);
        if (done.signal.aborted) return;
        await this.take().catch(onError);
      }
    })();
    try {
      return await work();
    } finally {
      done.abort();
      await keeping;
    }
  }

  /** Lets another consumer have its turn at once. */
  async release(): Promise<void> {
    if (this.#takenAt === -Infinity) return;
    await this.#client.send('DELETE', `${this.#path}?consumer=${this.consumer}`);
  }
}
