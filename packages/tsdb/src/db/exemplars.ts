import type { Matcher } from '@binnacle/model';
import type { Exemplar } from '../wal/records.ts';
import type { SelectRange } from './series.ts';

/** The newest exemplars, at most `capacity`; a new one takes the place of the oldest. */
export class ExemplarRing {
  readonly #capacity: number;
  readonly #ring: Exemplar[] = [];
  readonly #newest = new Map<string, number>();
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds an exemplar unless it is not newer than the newest one of its series. True when it was added. */
  add(exemplar: Exemplar): boolean {
    if (this.#capacity === 0) return false;
    const { key } = exemplar.seriesLabels;
    if (exemplar.timestampMs <= (this.#newest.get(key) ?? -Infinity)) return false;
    const evicted = this.#ring[this.#next];
    if (evicted !== undefined && this.#newest.get(evicted.seriesLabels.key) === evicted.timestampMs)
      this.#newest.delete(evicted.seriesLabels.key);
    this.#ring[this.#next] = exemplar;
    this.#next = (this.#next + 1) % this.#capacity;
    this.#newest.set(key, exemplar.timestampMs);
    return true;
  }

  /** Those of series that match any of the selectors, oldest first. */
  select(selectors: readonly (readonly Matcher[])[], { minMs, maxMs }: SelectRange): Exemplar[] {
    return [...this.all()].filter(
      ({ seriesLabels, timestampMs }) =>
        timestampMs >= minMs &&
        timestampMs <= maxMs &&
        selectors.some((matchers) =>
          matchers.every((matcher) => matcher.matches(seriesLabels.get(matcher.name))),
        ),
    );
  }

  /** All of them, oldest first as they came in. */
  *all(): IterableIterator<Exemplar> {
    const start = this.#ring.length < this.#capacity ? 0 : this.#next;
    for (let i = 0; i < this.#ring.length; i++) yield this.#ring[(start + i) % this.#ring.length]!;
  }
}
