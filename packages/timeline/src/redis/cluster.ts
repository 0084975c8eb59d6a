import type { Bytes, ReadOptions, TimelineState } from '../contract.ts';
import type { TimelineError } from '../errors.ts';
import type { Instance } from './instance.ts';
import {
  parsePackedEntries,
  parseProbe,
  parseWindow,
  type ProbedMember,
  type ReplicaOperation,
} from './protocol.ts';

/** What an instance answered for one key, or why it did not. */
export type Reply<T> =
  { readonly from: string; readonly value: T } | { readonly from: string; readonly error: TimelineError };

export interface Probe {
  readonly members: readonly (ProbedMember | undefined)[];
  readonly floor: TimelineState['floor'];
}

/** One full copy of the data, its keys spread over instances by hash. */
export class Cluster {
  /** Place in the farm string. */
  readonly index: number;
  readonly instances: readonly Instance[];
  readonly #hash: (key: Bytes) => number;

  constructor(index: number, instances: readonly Instance[], hash: (key: Bytes) => number) {
    this.index = index;
    this.instances = instances;
    this.#hash = hash;
  }

  instanceOf(key: Bytes): Instance {
    return this.instances.length === 1
      ? this.instances[0]!
      : this.instances[this.#hash(key) % this.instances.length]!;
  }

  /** Hands the operations to their instances: per instance, which they are and the promise of a status letter each. */
  write(
    operations: readonly ReplicaOperation[],
  ): { indexes: readonly number[]; statuses: Promise<string> }[] {
    const groups = groupByInstance(
      operations.map(({ key }) => key),
      (key) => this.instanceOf(key),
    );
    return [...groups].map(([instance, indexes]) => {
      const some = indexes.length === operations.length ? operations : indexes.map((i) => operations[i]!);
      return { indexes, statuses: instance.write(some) };
    });
  }

  /** The packed window of each key. Never rejects. */
  read(keys: readonly Bytes[], options: ReadOptions): Promise<Reply<Buffer>[]> {
    return this.#perKey(
      keys,
      1,
      (instance, some) => instance.read(some, options),
      ([window]) => window!,
    );
  }

  /** The digest of each key's state. Never rejects. */
  digests(keys: readonly Bytes[]): Promise<Reply<string>[]> {
    return this.#perKey(
      keys,
      1,
      (instance, some) => instance.digest(some),
      ([digest]) => digest!.toString(),
    );
  }

  /** Everything that each key remembers here. Never rejects. */
  states(keys: readonly Bytes[]): Promise<Reply<TimelineState>[]> {
    return this.#perKey(
      keys,
      2,
      (instance, some) => instance.state(some),
      ([live, dead]) => {
        const { entries, floor } = parseWindow(live!);
        const tombstones = parsePackedEntries(dead!);
        return floor === undefined ? { live: entries, tombstones } : { live: entries, tombstones, floor };
      },
    );
  }

  /** What one key remembers of some members. Never rejects. */
  async probe(key: Bytes, members: readonly Bytes[]): Promise<Reply<Probe>> {
    const [reply] = await this.#perKey(
      [key],
      2,
      (instance, keys) => instance.probe(keys, [members]),
      ([found, floor]) => ({
        members: parseProbe(found!, members.length),
        floor: parseWindow(floor!).floor,
      }),
    );
    return reply!;
  }

  /** Asks the instance of each key, each instance once, and puts the answers in the order of the keys. */
  async #perKey<T>(
    keys: readonly Bytes[],
    buffersPerKey: number,
    ask: (instance: Instance, keys: readonly Bytes[]) => Promise<readonly Buffer[]>,
    read: (buffers: readonly Buffer[]) => T,
  ): Promise<Reply<T>[]> {
    const replies: Reply<T>[] = [];
    await Promise.all(
      [...groupByInstance(keys, (key) => this.instanceOf(key))].map(async ([instance, indexes]) => {
        const from = instance.name;
        try {
          const buffers = await ask(
            instance,
            indexes.map((i) => keys[i]!),
          );
          indexes.forEach((index, n) => {
            const value = read(buffers.slice(n * buffersPerKey, (n + 1) * buffersPerKey));
            replies[index] = { from, value };
          });
        } catch (error) {
          for (const index of indexes) replies[index] = { from, error: error as TimelineError };
        }
      }),
    );
    return replies;
  }
}

/** Indexes of the keys of each instance. */
function groupByInstance(
  keys: readonly Bytes[],
  instanceOf: (key: Bytes) => Instance,
): Map<Instance, number[]> {
  const groups = new Map<Instance, number[]>();
  keys.forEach((key, index) => {
    const instance = instanceOf(key);
    const group = groups.get(instance);
    if (group === undefined) groups.set(instance, [index]);
    else group.push(index);
  });
  return groups;
}
