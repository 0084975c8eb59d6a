import { randomUUID } from 'node:crypto';
import { wait } from '../backoff.ts';
import type { Share } from '../groups/groupShares.ts';
import type { HttpClient } from './httpClient.ts';

/** How long the server keeps a share that is not renewed. */
const LEASE_MS = 10_000;
/** How soon others that join or leave are noticed. */
const RENEWED_AFTER_MS = 1_000;

/** One consumer's membership in a group: which partitions are its own, as the server says. */
export class GroupMember {
  readonly consumer = randomUUID();
  readonly #client: HttpClient;
  readonly #path: string;
  #partitions: readonly number[] = [];
  #renewedAt = -Infinity;

  constructor(client: HttpClient, groupPath: string) {
    this.#client = client;
    this.#path = `${groupPath}/lease`;
  }

  /** The partitions that this consumer has; lets go of those that others wait for. Not while any is being worked on. */
  async share(): Promise<readonly number[]> {
    if (this.#partitions.length > 0 && performance.now() - this.#renewedAt < RENEWED_AFTER_MS) {
      return this.#partitions;
    }
    const { release } = await this.#renew();
    if (release.length > 0) {
      this.#partitions = this.#partitions.filter((partition) => !release.includes(partition));
      await this.#renew();
    }
    return this.#partitions;
  }

  /**
   * Renews the share for as long as `work` takes. Its signal is aborted when a partition was lost or others wait for one:
   * then what has not succeeded is better left to them.
   */
  async keepDuring<T>(
    work: (moved: AbortSignal) => Promise<T>,
    onError: (error: unknown) => void,
  ): Promise<T> {
    const done = new AbortController();
    const moved = new AbortController();
    const had = this.#partitions;
    const keeping = (async () => {
      for (;;) {
        await wait(RENEWED_AFTER_MS, done.signal);
        if (done.signal.aborted) return;
        try {
          const { partitions, release } = await this.#renew();
          if (release.length === 0 && had.every((one) => partitions.includes(one))) continue;
          this.doubt();
          moved.abort();
        } catch (error) {
          onError(error);
        }
      }
    })();
    try {
      return await work(moved.signal);
    } finally {
      done.abort();
      await keeping;
    }
  }

  /** Asks the server before anything else is done: it may see things otherwise. */
  doubt(): void {
    this.#renewedAt = -Infinity;
  }

  /** Lets the others have everything at once. */
  async leave(): Promise<void> {
    await this.#client.send('DELETE', `${this.#path}?consumer=${this.consumer}`);
  }

  async #renew(): Promise<Share> {
    const body = { consumer: this.consumer, ttlMs: LEASE_MS, holding: this.#partitions };
    const share = await this.#client.send<Share>('POST', this.#path, body);
    this.#partitions = share.partitions;
    this.#renewedAt = performance.now();
    return share;
  }
}
