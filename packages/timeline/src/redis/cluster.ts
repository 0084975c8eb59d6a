import type { Bytes, ReadOptions, TimelineState } from '../contract.ts';
import type { TimelineError } from '../errors.ts';
import { Batch, type BatchPart } from './batch.ts';
import { MAX_KEYS_PER_CALL, MAX_OPERATIONS_PER_CALL, type Instance } from './instance.ts';
import type { PackedItems } from './messagePack.ts';
import { parseProbe, parseWindow, type ProbedMember, type ReplicaOperation } from './protocol.ts';
import type { Arguments } from './resp.ts';

/** What an instance answered for one key, or why it did not. */
export type Reply<T> =
  { readonly from: string; readonly value: T } | { readonly from: string; readonly error: TimelineError };

/** Keys of a read, and operations of a write, with what Redis gets of them. */
export type ReadBatch = Batch<Bytes, Arguments>;
export type WriteBatch = Batch<ReplicaOperation, PackedItems>;

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

  /** Hands the operations to their instances: per part, which they are and the promise of a status letter each. */
  write(batch: WriteBatch): { readonly indexes: readonly number[]; readonly statuses: Promise<string> }[] {
    return batch.partsFor(this.instances.length).map((part) => ({
      indexes: part.indexes,
      statuses: this.instances[part.instance]!.write(part),
    }));
  }

  /** The packed window of each key. Never rejects. All reads of one batch need the same options. */
  read(batch: ReadBatch, options: ReadOptions): Promise<Reply<Buffer>[]> {
    return this.#perKey(
      batch,
      1,
      (instance, part) => instance.read(part, options),
      ([window]) => window!,
    );
  }

  /** The digest of each key's state. Never rejects. */
  digests(keys: readonly Bytes[]): Promise<Reply<string>[]> {
    return this.#perKey(
      this.batchOf(keys),
      1,
      (instance, { items }) => instance.digest(items),
      ([digest]) => digest!.toString(),
    );
  }

  /** Everything that each key remembers here. Never rejects. */
  states(keys: readonly Bytes[]): Promise<Reply<TimelineState>[]> {
    return this.#perKey(
      this.batchOf(keys),
      2,
      (instance, { items }) => instance.state(items),
      ([live, dead]) => {
        const { entries, floor } = parseWindow(live!);
        const tombstones = parseWindow(dead!).entries;
        return floor === undefined ? { live: entries, tombstones } : { live: entries, tombstones, floor };
      },
    );
  }

  /** What one key remembers of some members. Never rejects. */
  async probe(key: Bytes, members: readonly Bytes[]): Promise<Reply<Probe>> {
    const [reply] = await this.#perKey(
      this.batchOf([key]),
      2,
      (instance, { items }) => instance.probe(items, [members]),
      ([found, floor]) => ({
        members: parseProbe(found!, members.length),
        floor: parseWindow(floor!).floor,
      }),
    );
    return reply!;
  }

  /** Keys of one read, for any cluster of the farm. */
  batchOf(keys: readonly Bytes[]): ReadBatch {
    return new Batch(keys, { keyOf: (key) => key, hash: this.#hash, maxPartSize: MAX_KEYS_PER_CALL });
  }

  /** Operations of one write, for any cluster of the farm. */
  batchOfWrites(operations: readonly ReplicaOperation[]): WriteBatch {
    return new Batch(operations, {
      keyOf: ({ key }) => key,
      hash: this.#hash,
      maxPartSize: MAX_OPERATIONS_PER_CALL,
    });
  }

  /** Asks the instance of each part and puts the answers in the order of the keys. */
  async #perKey<T>(
    batch: ReadBatch,
    buffersPerKey: number,
    ask: (instance: Instance, part: BatchPart<Bytes, Arguments>) => Promise<readonly Buffer[]>,
    read: (buffers: readonly Buffer[]) => T,
  ): Promise<Reply<T>[]> {
    const replies: Reply<T>[] = [];
    await Promise.all(
      batch.partsFor(this.instances.length).map(async (part) => {
        const instance = this.instances[part.instance]!;
        const from = instance.name;
        try {
          const buffers = await ask(instance, part);
          part.indexes.forEach((index, n) => {
            const value = read(buffers.slice(n * buffersPerKey, (n + 1) * buffersPerKey));
            replies[index] = { from, value };
          });
        } catch (error) {
          for (const index of part.indexes) replies[index] = { from, error: error as TimelineError };
        }
      }),
    );
    return replies;
  }
}
