import type { CloudEvent } from '@binnacle/event-schemas';
import { pause, wait, type Backoff } from '../backoff.ts';
import type { ConsumeOptions } from '../contract.ts';
import { Delivery, type Received } from '../delivery.ts';
import { nextRead, PARTITIONS } from '../groups/partitions.ts';
import { GroupMember } from './groupMember.ts';
import type { HttpClient } from './httpClient.ts';

/** Also the longest that a redrive waits for its group. */
const LONG_POLL_MS = 2_000;
/** How often a consumer without partitions asks for some. */
const STANDBY_MS = 500;

export interface StoredEvent {
  readonly offset: number;
  readonly event: CloudEvent;
}

interface Redriven {
  readonly offset: number;
  readonly stored?: StoredEvent;
}

/** One consumer of a group over HTTP: reads the events of its partitions, and keeps their positions at the server. */
export class HttpConsumer {
  readonly #client: HttpClient;
  readonly #consume: ConsumeOptions;
  readonly #backoff: Backoff;
  readonly #signal: AbortSignal;
  readonly #path: string;
  readonly #member: GroupMember;
  readonly #delivery: Delivery<number>;
  /** The last offset that each of its partitions is done with. */
  readonly #positions = new Map<number, number>();

  constructor(client: HttpClient, consume: ConsumeOptions, backoff: Backoff, signal: AbortSignal) {
    this.#client = client;
    this.#consume = consume;
    this.#backoff = backoff;
    this.#signal = signal;
    this.#path = groupPath(consume.group);
    this.#member = new GroupMember(client, this.#path);
    this.#delivery = new Delivery({
      consume,
      signal,
      backoff,
      deadLetter: async ({ place }, failure) => {
        await client.send('POST', `${this.#path}/dead-letters`, { offset: place, ...failure });
      },
    });
  }

  /** Consumes until the signal is aborted, then leaves the group. */
  async run(): Promise<void> {
    const onError = this.#consume.onError ?? ((): void => undefined);
    for (let attempt = 1; !this.#signal.aborted;) {
      try {
        await this.#turn(onError);
        attempt = 1;
      } catch (error) {
        this.#positions.clear();
        this.#member.doubt();
        if (this.#signal.aborted) break;
        onError(error);
        await pause(this.#backoff, attempt++, this.#signal);
      }
    }
    await this.#member.leave().catch(onError);
  }

  /** One batch of the partitions that are this consumer's. */
  async #turn(onError: (error: unknown) => void): Promise<void> {
    const partitions = await this.#member.share();
    if (partitions.length === 0) return wait(STANDBY_MS, this.#signal);
    await this.#locate(partitions);
    await this.#member.keepDuring(async (moved) => {
      const signal = AbortSignal.any([this.#signal, moved]);
      try {
        await this.#deliverAgain(partitions, signal);
        await this.#deliverNext(signal);
      } catch (error) {
        if (!moved.aborted) throw error;
      }
    }, onError);
  }

  /** Asks where new partitions stand, and forgets those that are gone. */
  async #locate(partitions: readonly number[]): Promise<void> {
    for (const known of this.#positions.keys()) {
      if (!partitions.includes(known)) this.#positions.delete(known);
    }
    if (partitions.every((partition) => this.#positions.has(partition))) return;
    const kept = await this.#client.positions(this.#consume.group);
    for (const partition of partitions) this.#positions.set(partition, kept?.[partition] ?? -1);
  }

  /** What was redriven comes before what is new. */
  async #deliverAgain(partitions: readonly number[], signal: AbortSignal): Promise<void> {
    const path = `${this.#path}/dead-letters`;
    const query = new URLSearchParams({ state: 'redriven', limit: '100' });
    restrict(query, partitions);
    const { letters } = await this.#client.send<{ letters: Redriven[] }>(
      'GET',
      `${path}?${query.toString()}`,
    );
    for (const { offset, stored } of letters) {
      if (stored !== undefined && !(await this.#delivery.deliver([received(stored)], signal))) return;
      if (signal.aborted) return;
      await this.#client.send('DELETE', `${path}/${offset}?state=redriven`);
    }
  }

  async #deliverNext(signal: AbortSignal): Promise<void> {
    const { partitions, after, before } = nextRead(this.#positions);
    const query = new URLSearchParams({
      order: 'asc',
      limit: String(this.#consume.batchSize ?? 500),
      wait: String(before === undefined ? LONG_POLL_MS : 0),
    });
    if (after >= 0) query.set('after', String(after));
    if (before !== undefined) query.set('before', String(before));
    for (const type of this.#consume.types ?? []) query.append('stream', type);
    restrict(query, partitions);
    const page = await this.#client.events(query, signal);
    if (!(await this.#delivery.deliver(page.events.map(received), signal))) return;
    const offset = Math.max(after, page.nextAfter ?? -1);
    if (offset === after) return;
    const { consumer } = this.#member;
    await this.#client.send('PUT', this.#path, { offset, consumer, partitions });
    for (const partition of partitions) this.#positions.set(partition, offset);
  }
}

export function groupPath(group: string): string {
  return `/api/v1/groups/${encodeURIComponent(group)}`;
}

/** All partitions together need no filter. */
function restrict(query: URLSearchParams, partitions: readonly number[]): void {
  if (partitions.length === PARTITIONS) return;
  for (const partition of partitions) query.append('partition', String(partition));
}

function received({ offset, event }: StoredEvent): Received<number> {
  return { place: offset, event };
}
