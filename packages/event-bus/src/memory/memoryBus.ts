import type { CloudEvent } from '@binnacle/event-schemas';
import { DEFAULT_BACKOFF, type Backoff } from '../backoff.ts';
import type { ConsumeOptions, DeadLetter, DeadLetters, EventBus, Subscription } from '../contract.ts';
import { Delivery } from '../delivery.ts';
import { EventBusError } from '../errors.ts';
import { GroupShares } from '../groups/groupShares.ts';
import { nextRead, PARTITIONS, partitionOf } from '../groups/partitions.ts';

interface Group {
  readonly shares: GroupShares;
  /** The last offset that each partition is done with. */
  readonly positions: number[];
  /** Offsets that are delivered again before anything new. */
  redriven: number[];
  readonly letters: Map<number, DeadLetter>;
}

/** A bus inside one process, for tests and for programs of one process. Nothing outlives it. */
export class MemoryBus implements EventBus {
  readonly #log: CloudEvent[] = [];
  readonly #known = new Set<string>();
  readonly #groups = new Map<string, Group>();
  readonly #waiting = new Set<() => void>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #backoff: Backoff;
  #consumers = 0;
  /** What happened: a consumer waits only if nothing did since it looked. */
  #wakes = 0;
  #closed = false;

  constructor({ backoff = DEFAULT_BACKOFF }: { backoff?: Backoff } = {}) {
    this.#backoff = backoff;
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    if (this.#closed) throw new EventBusError('BUS_CLOSED', 'the bus is closed');
    for (const event of events) {
      const identity = `${event.source}\0${event.id}`;
      if (this.#known.has(identity)) continue;
      this.#known.add(identity);
      this.#log.push(structuredClone(event));
    }
    this.#wake();
  }

  async consume(options: ConsumeOptions): Promise<Subscription> {
    const stopping = new AbortController();
    const running = this.#run(options, stopping.signal);
    const subscription = {
      stop: async () => {
        stopping.abort();
        this.#wake();
        await running;
        this.#subscriptions.delete(subscription);
      },
    };
    this.#subscriptions.add(subscription);
    return subscription;
  }

  deadLetters(group: string): DeadLetters {
    const of = this.#group(group);
    return {
      preview: async (limit) => {
        const offsets = [...of.letters.keys()].slice(0, limit);
        return { letters: offsets.map((offset) => of.letters.get(offset)!), token: JSON.stringify(offsets) };
      },
      redrive: async (token) => {
        const offsets = (JSON.parse(token) as number[]).filter((offset) => of.letters.delete(offset));
        of.redriven.push(...offsets);
        this.#wake();
        return offsets.length;
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.stop()));
  }

  async #run(consume: ConsumeOptions, signal: AbortSignal): Promise<void> {
    const group = this.#group(consume.group);
    const consumer = String(this.#consumers++);
    const delivery = new Delivery<number>({
      consume,
      signal,
      backoff: this.#backoff,
      deadLetter: async ({ place, event }, failure) => {
        const letter = { origin: String(place), failedAt: new Date().toISOString(), ...failure };
        group.letters.set(place, { ...letter, event: event as CloudEvent });
      },
    });
    const deliver = (offsets: readonly number[]): Promise<boolean> =>
      delivery.deliver(offsets.map((place) => ({ place, event: structuredClone(this.#log[place]!) })));
    let held: readonly number[] = [];
    this.#wake();
    while (!signal.aborted) {
      const wakes = this.#wakes;
      held = this.#share(group, consumer, held);
      const again = group.redriven.filter((offset) => held.includes(this.#partitionAt(offset)));
      if (again.length > 0) {
        if (!(await deliver(again))) break;
        group.redriven = group.redriven.filter((offset) => !again.includes(offset));
      } else if (!(await this.#deliverNext(group, held, consume.batchSize ?? 500, deliver))) {
        if (wakes === this.#wakes) await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    }
    group.shares.leave(consumer);
    this.#wake();
  }

  /** The partitions of a consumer, after it let go of those that others wait for. */
  #share({ shares }: Group, consumer: string, holding: readonly number[]): readonly number[] {
    const share = shares.renew(consumer, { ttlMs: Infinity, holding })!;
    if (share.release.length === 0) return share.partitions;
    const kept = share.partitions.filter((partition) => !share.release.includes(partition));
    shares.renew(consumer, { ttlMs: Infinity, holding: kept });
    this.#wake();
    return kept;
  }

  /** Delivers what comes next in some partitions; false when nothing does, or the consumer was stopped. */
  async #deliverNext(
    { positions }: Group,
    held: readonly number[],
    batchSize: number,
    deliver: (offsets: readonly number[]) => Promise<boolean>,
  ): Promise<boolean> {
    if (held.length === 0) return false;
    const {
      partitions,
      after,
      before = this.#log.length,
    } = nextRead(new Map(held.map((one) => [one, positions[one]!])));
    const offsets: number[] = [];
    let next = after + 1;
    for (; next < before && offsets.length < batchSize; next++) {
      if (partitions.includes(this.#partitionAt(next))) offsets.push(next);
    }
    if (next === after + 1 || !(await deliver(offsets))) return false;
    for (const partition of partitions) positions[partition] = next - 1;
    return true;
  }

  #partitionAt(offset: number): number {
    return partitionOf(this.#log[offset]!);
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      const shares = new GroupShares({ now: () => performance.now() });
      const positions = Array.from({ length: PARTITIONS }, () => -1);
      this.#groups.set(name, (group = { shares, positions, redriven: [], letters: new Map() }));
    }
    return group;
  }

  #wake(): void {
    this.#wakes++;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
