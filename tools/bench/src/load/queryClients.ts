import { HttpClient } from '../httpClient.ts';
import { requestPath, REQUESTS } from '../requests.ts';
import type { Profile } from '../profiles.ts';

export const QUERY_LIMIT_MS = 120_000;
const WAIT_MS = 200;

/** Clients that send the query mix, each one request after the other, about the newest data. */
export class QueryClients {
  readonly #client: HttpClient;
  readonly #profile: Profile;
  readonly #endMs: () => number;
  readonly #clients: Promise<void>;
  #isStopped = false;
  #isServerDown = false;
  #next = 0;
  answered = 0;
  /** Answers that were an error, or did not come in time. */
  readonly failures: string[] = [];
  /** Requests that were under way when the server was killed. */
  cut = 0;
  readonly durationsMs: number[] = [];
  slowest = { id: '', durationMs: 0 };

  constructor(port: number, clients: number, profile: Profile, endMs: () => number) {
    this.#client = new HttpClient(port, QUERY_LIMIT_MS);
    this.#profile = profile;
    this.#endMs = endMs;
    this.#clients = Promise.all(Array.from({ length: clients }, () => this.#run())).then(() => undefined);
  }

  /** What fails until the server is up again is its death's doing. */
  set serverDown(isDown: boolean) {
    this.#isServerDown = isDown;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#clients;
    this.#client.close();
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      if (this.#isServerDown) await pause();
      else await this.#ask();
    }
  }

  async #ask(): Promise<void> {
    const request = REQUESTS[this.#next++ % REQUESTS.length]!;
    const start = performance.now();
    try {
      await this.#client.get(requestPath(request, this.#profile, this.#endMs()));
      this.answered++;
      const durationMs = performance.now() - start;
      this.durationsMs.push(durationMs);
      if (durationMs > this.slowest.durationMs) this.slowest = { id: request.id, durationMs };
    } catch (error) {
      if (this.#isServerDown) this.cut++;
      else this.failures.push(`${request.id}: ${error instanceof Error ? error.message : String(error)}`);
      await pause();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, WAIT_MS));
}
