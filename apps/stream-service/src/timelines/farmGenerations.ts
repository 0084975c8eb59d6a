import type { Clock } from '@binnacle/service-kit';
import type {
  Bytes,
  FarmStore,
  KeyPage,
  KeyResult,
  MergedPosition,
  MergedReadOptions,
  MergedResult,
  Operation,
  ReadOptions,
  TimelineState,
  WriteResult,
} from '@binnacle/timeline';
import { isFromEvents } from './eventOperations.ts';
import type { Fill, RebuildableStore } from './generations.ts';

/** The timeline of the generation that is being filled (`begun`) and of that which holds; a generation is its score. */
const POINTER: Bytes = '\0binnacle:generations';
const BEGUN = 'begun';
const HOLDS = 'holds';
const FIRST = 1;
const KEYS_AT_ONCE = 200;
/** How often each server learns what the others began. */
export const REFRESH_INTERVAL_MS = 1_000;
const NOTHING: TimelineState = {
  live: [],
  tombstones: [],
  floor: { score: Number.MAX_VALUE, member: '' },
};

/**
 * The timelines of a farm in generations. Keys that events make carry their generation from the second on; all other
 * keys are the same in each. Which generation holds is itself an entry in the farm: one write, acknowledged by the
 * quorum, switches. Other servers of the farm learn of both with `refresh`, and write to both generations meanwhile.
 */
export class GenerationalFarm implements RebuildableStore {
  readonly farm: FarmStore;
  #generation = FIRST;
  /** The generation that is being filled, by this server or another. */
  #next: number | undefined;
  #rebuilding = false;
  readonly #clock: Clock;

  private constructor(farm: FarmStore, clock: Clock) {
    this.farm = farm;
    this.#clock = clock;
  }

  /** Throws TimelineError when the farm cannot say which generation holds. */
  static async open(farm: FarmStore, clock: Clock): Promise<GenerationalFarm> {
    const store = new GenerationalFarm(farm, clock);
    await store.refresh();
    return store;
  }

  get capacity(): number {
    return this.farm.capacity;
  }

  get generation(): number {
    return this.#generation;
  }

  /** Learns which generation holds, and whether another server fills one; to be called every REFRESH_INTERVAL_MS. */
  async refresh(): Promise<void> {
    const { holds, begun } = await this.#pointer();
    if (this.#rebuilding) return;
    this.#generation = holds;
    this.#next = begun > holds ? begun : undefined;
  }

  async rebuild(fill: Fill): Promise<void> {
    const generation = (await this.#pointer()).highest + 1;
    this.#rebuilding = true;
    try {
      await this.#point('insert', BEGUN, generation);
      this.#next = generation;
      // By then every server writes what comes into the new generation too, so what it is filled from has the rest.
      await this.#untilOthersKnow();
      await fill({
        write: (operations) =>
          this.farm.write(operations.map((one) => ({ ...one, key: nameOf(one.key, generation) }))),
      });
      await this.#point('insert', HOLDS, generation);
      this.#generation = generation;
    } catch (error) {
      await this.#point('delete', BEGUN, generation);
      throw error;
    } finally {
      this.#next = undefined;
      this.#rebuilding = false;
    }
    await this.#untilOthersKnow();
    await this.#clearOthers();
  }

  async write(operations: readonly Operation[]): Promise<WriteResult> {
    const all = operations.map((operation) => ({
      ...operation,
      key: nameOf(operation.key, this.#generation),
    }));
    if (this.#next !== undefined) {
      for (const operation of operations) {
        const { key } = operation;
        if (isFromEvents(key)) all.push({ ...operation, key: nameOf(key, this.#next) });
      }
    }
    const { statuses, evicted, errors } = await this.farm.write(all);
    return { statuses: statuses.slice(0, operations.length), evicted, errors: byLogicalKey(errors) };
  }

  async merge(key: Bytes, state: TimelineState): Promise<void> {
    await this.farm.merge(nameOf(key, this.#generation), state);
    if (this.#next !== undefined && isFromEvents(key)) await this.farm.merge(nameOf(key, this.#next), state);
  }

  async read(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]> {
    const results = await this.farm.read(
      keys.map((key) => nameOf(key, this.#generation)),
      options,
    );
    return results.map((result, i) => ({ ...result, key: keys[i]! }));
  }

  async readMerged(keys: readonly Bytes[], options: MergedReadOptions): Promise<MergedResult> {
    const { before, after, ...rest } = options;
    const result = await this.farm.readMerged(
      keys.map((key) => nameOf(key, this.#generation)),
      {
        ...rest,
        ...(before === undefined ? {} : { before: this.#place(before) }),
        ...(after === undefined ? {} : { after: this.#place(after) }),
      },
    );
    return {
      entries: result.entries.map((entry) => ({ ...entry, key: logicalKey(entry.key) })),
      missing: result.missing.map(logicalKey),
      errors: byLogicalKey(result.errors),
      unanswered: result.unanswered,
    };
  }

  state(key: Bytes): Promise<TimelineState> {
    return this.farm.state(nameOf(key, this.#generation));
  }

  async keys(cursor: string | undefined, limit: number): Promise<KeyPage> {
    const { keys, ...rest } = await this.farm.keys(cursor, limit);
    const held = keys.filter(
      (name) => name !== POINTER && nameOf(logicalKey(name), this.#generation) === name,
    );
    return { keys: held.map(logicalKey), ...rest };
  }

  close(): Promise<void> {
    return this.farm.close();
  }

  #place(position: MergedPosition): MergedPosition {
    const { key } = position;
    return key === undefined ? position : { ...position, key: nameOf(key, this.#generation) };
  }

  async #pointer(): Promise<{ holds: number; begun: number; highest: number }> {
    const { live, tombstones } = await this.farm.state(POINTER);
    const of = (name: string): number => live.find(({ member }) => member === name)?.score ?? FIRST;
    const highest = Math.max(FIRST, ...[...live, ...tombstones].map(({ score }) => score));
    return { holds: of(HOLDS), begun: of(BEGUN), highest };
  }

  async #point(kind: Operation['kind'], member: string, generation: number): Promise<void> {
    const { errors } = await this.farm.write([{ kind, key: POINTER, member, score: generation }]);
    for (const error of errors.values()) throw error;
  }

  async #untilOthersKnow(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.setTimer(resolve, 2 * REFRESH_INTERVAL_MS));
  }

  /** Empties what earlier generations and unfinished rebuilds left; their floors stay. */
  async #clearOthers(): Promise<void> {
    for (let cursor: string | undefined; ;) {
      const page = await this.farm.keys(cursor, KEYS_AT_ONCE);
      for (const name of page.keys) {
        const key = logicalKey(name);
        if (isFromEvents(key) && nameOf(key, this.#generation) !== name) await this.farm.merge(name, NOTHING);
      }
      if (page.next === undefined) return;
      cursor = page.next;
    }
  }
}

/** The name of a key in a generation. */
function nameOf(key: Bytes, generation: number): Bytes {
  return generation === FIRST || !isFromEvents(key) ? key : `\0${generation}\0${key}`;
}

/** The key of a name in any generation. */
function logicalKey(name: Bytes): Bytes {
  const [, key] = /^\0\d+\0(.*)$/su.exec(name) ?? [];
  return key !== undefined && isFromEvents(key) ? key : name;
}

function byLogicalKey<T>(map: ReadonlyMap<Bytes, T>): ReadonlyMap<Bytes, T> {
  return map.size === 0 ? map : new Map([...map].map(([name, value]) => [logicalKey(name), value]));
}
