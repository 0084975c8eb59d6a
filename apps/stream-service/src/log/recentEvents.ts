import type { StoredEvent } from './storedEvent.ts';

const MAX_EVENTS = 32_768;
const MAX_BYTES = 16 * 1024 ** 2;

/** The events appended last, as they were given: who follows the log need not read and parse them. */
export class RecentEvents {
  /** Events in order of offset without gaps; what lies before `#head` was let go. */
  #events: StoredEvent[] = [];
  #head = 0;
  #bytes = 0;

  get(offset: number): StoredEvent | undefined {
    const first = this.#events[this.#head]?.offset;
    return first === undefined || offset < first ? undefined : this.#events[this.#head + offset - first];
  }

  add(stored: StoredEvent): void {
    this.#events.push(stored);
    this.#bytes += stored.bytes;
    while (this.#events.length - this.#head > MAX_EVENTS || this.#bytes > MAX_BYTES) {
      this.#bytes -= this.#events[this.#head++]!.bytes;
    }
    if (this.#head > MAX_EVENTS) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
  }
}
