import type { CloudEvent } from '@binnacle/event-schemas';
import { DEFAULT_BACKOFF, type Backoff } from '../backoff.ts';
import type { ConsumeOptions, DeadLetter, DeadLetters, EventBus, Subscription } from '../contract.ts';
import { Delivery } from '../delivery.ts';
import { EventBusError } from '../errors.ts';

interface Group {
  position: number;
  /** Offsets that are delivered again before anything new. */
  redriven: number[];
  letters: Map<number, DeadLetter>;
}

/** A bus inside one process, for tests and for programs of one process. Nothing outlives it. */
export class MemoryBus implements EventBus {
  readonly #log: CloudEvent[] = [];
  readonly #known = new Set<string>();
  readonly #groups = new Map<string, Group>();
  readonly #waiting = new Set<() => void>();
  readonly #subscriptions = new Set<Subscription>();
  readonly #backoff: Backoff;
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
    const delivery = new Delivery<number>({
      consume,
      signal,
      backoff: this.#backoff,
      deadLetter: async ({ place, event }, failure) => {
        const letter = { origin: String(place), failedAt: new Date().toISOString(), ...failure };
        group.letters.set(place, { ...letter, event: event as CloudEvent });
      },
    });
    while (!signal.aborted) {
      const again = group.redriven.length > 0;
      const offsets = again ? [...group.redriven] : this.#page(group.position, consume.batchSize ?? 500);
      if (offsets.length === 0) {
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
        continue;
      }
      const items = offsets.map((place) => ({ place, event: structuredClone(this.#log[place]!) }));
      if (!(await delivery.deliver(items))) return;
      if (again) group.redriven.splice(0, offsets.length);
      else group.position = offsets.at(-1)! + 1;
    }
  }

  #page(position: number, size: number): number[] {
    const count = Math.min(size, this.#log.length - position);
    return Array.from({ length: count }, (_, i) => position + i);
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined)
      this.#groups.set(name, (group = { position: 0, redriven: [], letters: new Map() }));
    return group;
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
