import type { CloudEvent } from '@binnacle/event-schemas';
import { wait } from '../backoff.ts';
import { EventBusError } from '../errors.ts';

export interface EventsPage {
  readonly events: readonly { readonly offset: number; readonly event: CloudEvent }[];
  readonly nextAfter: number | null;
}

const REQUEST_TIMEOUT_MS = 30_000;
const LONGEST_RETRY_AFTER_S = 10;

/** stream-service's API as the bus uses it. Errors that time can mend are BUS_UNAVAILABLE, others BUS_REJECTED. */
export class HttpClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url.replace(/\/+$/, '');
    this.#headers = headers;
  }

  /** Publishes a batch; all of it is durable afterwards. */
  async publish(events: readonly CloudEvent[], signal: AbortSignal): Promise<void> {
    const type = 'application/cloudevents-batch+json';
    const answer = await this.#request('POST', '/api/v1/events?wait=0', {
      type,
      body: JSON.stringify(events),
      signal,
    });
    const { rejected } = (await answer.json()) as {
      rejected: { index: number; code: string; message: string }[];
    };
    const [first] = rejected;
    if (first === undefined) return;
    throw new EventBusError(
      'BUS_REJECTED',
      `${rejected.length} of ${events.length} events were refused; the first: ${first.code}: ${first.message}`,
    );
  }

  /** A page of the log. */
  async events(query: URLSearchParams, signal: AbortSignal): Promise<EventsPage> {
    const answer = await this.#request('GET', `/api/v1/events?${query.toString()}`, { signal });
    return (await answer.json()) as EventsPage;
  }

  /** The last offset that each partition of a group is done with; undefined for a new group. */
  async positions(group: string): Promise<readonly number[] | undefined> {
    const path = `/api/v1/groups/${encodeURIComponent(group)}`;
    const answer = await this.#request('GET', path, { accept: [404] });
    if (answer.status !== 404) return ((await answer.json()) as { partitions: number[] }).partitions;
    await answer.body?.cancel();
    return undefined;
  }

  /** Any other call, with JSON in and out. */
  async send<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
    const sent = body === undefined ? {} : { type: 'application/json', body: JSON.stringify(body) };
    return (await (await this.#request(method, path, sent)).json()) as T;
  }

  async #request(
    method: string,
    path: string,
    {
      type,
      body,
      signal,
      accept = [],
    }: { type?: string; body?: string; signal?: AbortSignal; accept?: number[] },
  ): Promise<Response> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    let answer: Response;
    try {
      answer = await fetch(this.#url + path, {
        method,
        headers: { ...this.#headers, ...(type === undefined ? {} : { 'content-type': type }) },
        ...(body === undefined ? {} : { body }),
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
    } catch (cause) {
      throw new EventBusError('BUS_UNAVAILABLE', `${this.#url} does not answer: ${String(cause)}`, { cause });
    }
    if (answer.ok || accept.includes(answer.status)) return answer;
    const found = `${method} ${this.#url}${path.split('?', 1)[0]} answered ${answer.status}: ${await answer.text()}`;
    const retryAfterS = Math.min(LONGEST_RETRY_AFTER_S, Number(answer.headers.get('retry-after') ?? 0) || 0);
    if (retryAfterS > 0 && signal !== undefined) await wait(retryAfterS * 1000, signal);
    const mends = answer.status === 429 || answer.status >= 500;
    throw new EventBusError(mends ? 'BUS_UNAVAILABLE' : 'BUS_REJECTED', found);
  }
}
