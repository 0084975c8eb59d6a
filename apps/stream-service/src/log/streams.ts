/** Figures of one stream. */
export interface StreamInfo {
  readonly name: string;
  /** Events that the log still holds. */
  readonly count: number;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly lastOffset: number;
  /** Events received in the last minute, per second. */
  readonly ratePerSecond: number;
  /** Events received in each of the last 60 minutes, oldest first. */
  readonly sparkline: readonly number[];
}

/** Arrivals of an hour: the minute since the epoch that was counted last, and the counts of minute % 60. */
export interface MinuteCounts {
  readonly newest: number;
  readonly counts: readonly number[];
}

/** What is kept on disk of a stream. */
export interface StreamRecord extends StreamTotals {
  readonly minutes?: MinuteCounts;
}

/** Figures of a stream over all of its events. */
export interface StreamTotals {
  count: number;
  firstAtMs: number;
  lastAtMs: number;
  lastOffset: number;
}

const MINUTES = 60;
const MINUTE_MS = 60_000;

/** Totals and arrival rates of every stream, in memory. */
export class Streams {
  readonly #totals = new Map<string, StreamTotals>();
  readonly #arrivals = new Map<string, Arrivals>();

  /** Takes what the disk has; rates that are known stay. */
  load(records: Iterable<{ key: string; value: StreamRecord }>): void {
    this.#totals.clear();
    for (const { key, value } of records) {
      const { minutes, ...totals } = value;
      this.#totals.set(key, totals);
      if (minutes !== undefined && !this.#arrivals.has(key)) this.#arrivals.set(key, new Arrivals(minutes));
    }
  }

  /** What to keep on disk of a stream that exists. */
  record(name: string): StreamRecord {
    const minutes = this.#arrivals.get(name)?.state();
    return { ...this.#totals.get(name)!, ...(minutes === undefined ? {} : { minutes }) };
  }

  totals(name: string): StreamTotals | undefined {
    return this.#totals.get(name);
  }

  get size(): number {
    return this.#totals.size;
  }

  /** Counts an event that the log took. */
  add(name: string, offset: number, eventTimeMs: number, receivedAtMs: number): void {
    const totals = this.#totals.get(name);
    if (totals === undefined) {
      this.#totals.set(name, {
        count: 1,
        firstAtMs: eventTimeMs,
        lastAtMs: eventTimeMs,
        lastOffset: offset,
      });
    } else {
      totals.count++;
      totals.firstAtMs = Math.min(totals.firstAtMs, eventTimeMs);
      totals.lastAtMs = Math.max(totals.lastAtMs, eventTimeMs);
      totals.lastOffset = offset;
    }
    let arrivals = this.#arrivals.get(name);
    if (arrivals === undefined) this.#arrivals.set(name, (arrivals = new Arrivals()));
    arrivals.add(receivedAtMs);
  }

  /** Uncounts an event that retention removed; false when the stream is empty now and was forgotten. */
  remove(name: string): boolean {
    const totals = this.#totals.get(name);
    if (totals === undefined) return false;
    totals.count--;
    if (totals.count > 0) return true;
    this.#totals.delete(name);
    this.#arrivals.delete(name);
    return false;
  }

  /** Every stream by name. */
  list(nowMs: number): StreamInfo[] {
    return [...this.#totals]
      .map(([name, totals]) => {
        const sparkline =
          this.#arrivals.get(name)?.minutes(nowMs) ?? Array.from({ length: MINUTES }, () => 0);
        return {
          name,
          count: totals.count,
          firstAt: new Date(totals.firstAtMs).toISOString(),
          lastAt: new Date(totals.lastAtMs).toISOString(),
          lastOffset: totals.lastOffset,
          ratePerSecond: this.#arrivals.get(name)?.perSecond(nowMs) ?? 0,
          sparkline,
        };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** Counts of the last hour by minute. */
class Arrivals {
  readonly #counts: Uint32Array;
  #newest: number;

  constructor({ newest, counts }: MinuteCounts = { newest: 0, counts: [] }) {
    this.#newest = newest;
    this.#counts = Uint32Array.from({ length: MINUTES }, (_, i) => counts[i] ?? 0);
  }

  state(): MinuteCounts {
    return { newest: this.#newest, counts: [...this.#counts] };
  }

  add(atMs: number): void {
    const minute = Math.floor(atMs / MINUTE_MS);
    this.#advance(minute);
    if (minute > this.#newest - MINUTES) this.#counts[minute % MINUTES]!++;
  }

  minutes(nowMs: number): number[] {
    const now = Math.floor(nowMs / MINUTE_MS);
    this.#advance(now);
    return Array.from({ length: MINUTES }, (_, i) => this.#counts[(now - MINUTES + 1 + i) % MINUTES]!);
  }

  /** The minute that runs, and the rest of the last 60 s taken from the minute before by its share. */
  perSecond(nowMs: number): number {
    const minutes = this.minutes(nowMs);
    const share = 1 - (nowMs % MINUTE_MS) / MINUTE_MS;
    return (minutes.at(-1)! + minutes.at(-2)! * share) / 60;
  }

  #advance(minute: number): void {
    for (let passed = Math.max(this.#newest + 1, minute - MINUTES + 1); passed <= minute; passed++) {
      this.#counts[passed % MINUTES] = 0;
    }
    this.#newest = Math.max(this.#newest, minute);
  }
}
