import type { Bytes, ReadOptions } from '../contract.ts';
import type { BatchPart } from './batch.ts';
import { CallQueue } from './callQueue.ts';
import { Connection } from './connection.ts';
import type { Address } from './farmString.ts';
import type { KeyLayout } from './keyLayout.ts';
import { packList, type PackedItems } from './messagePack.ts';
import { keyArguments, packOperations, readArguments, type ReplicaOperation } from './protocol.ts';
import type { Arguments } from './resp.ts';

/** Keys or operations of one request that one call may carry: a call holds Redis up for all others. */
export const MAX_KEYS_PER_CALL = 512;
export const MAX_OPERATIONS_PER_CALL = 1024;
const MAX_QUEUED = 200_000;
const MAX_IN_FLIGHT = 2;

export interface InstanceOptions {
  readonly address: Address;
  readonly ring: string;
  readonly layout: KeyLayout;
  readonly capacity: number;
  readonly connectTimeoutMs: number;
  readonly readTimeoutMs: number;
  readonly writeTimeoutMs: number;
}

/** A read of a part is encoded with the options of the batch that the part belongs to. */
interface ReadRequest {
  readonly part: BatchPart<Bytes, Arguments>;
  readonly options: ReadOptions;
}

/** One Redis of a farm, or one Redis Cluster. Concurrent writes share calls, and so do concurrent reads. */
export class Instance {
  readonly connection: Connection;
  readonly #options: InstanceOptions;
  readonly #writes: CallQueue<BatchPart<ReplicaOperation, PackedItems>, string>;
  readonly #reads: CallQueue<ReadRequest, readonly Buffer[]>;

  constructor(options: InstanceOptions) {
    this.#options = options;
    this.#writes = new CallQueue({
      maxInFlight: MAX_IN_FLIGHT,
      maxCallSize: MAX_OPERATIONS_PER_CALL,
      maxQueuedSize: MAX_QUEUED,
      send: (requests) => this.#sendWrites(requests),
    });
    this.#reads = new CallQueue({
      maxInFlight: MAX_IN_FLIGHT,
      maxCallSize: MAX_KEYS_PER_CALL,
      maxQueuedSize: MAX_QUEUED,
      send: (requests) => this.#sendReads(requests),
    });
    this.connection = new Connection({
      ...options,
      onDown: (error) => {
        this.#writes.rejectAll(error);
        this.#reads.rejectAll(error);
      },
    });
  }

  get name(): string {
    return this.connection.name;
  }

  /** Applies operations; one status letter each: a(pplied), e (applied and evicted), n(oop), r(efused). */
  write(part: BatchPart<ReplicaOperation, PackedItems>): Promise<string> {
    if (this.connection.down !== undefined) return Promise.reject(this.connection.down);
    return this.#writes.add(part, part.items.length);
  }

  /** A packed window per key. All reads of one batch need the same options. */
  read(part: BatchPart<Bytes, Arguments>, options: ReadOptions): Promise<readonly Buffer[]> {
    if (this.connection.down !== undefined) return Promise.reject(this.connection.down);
    return this.#reads.add({ part, options }, part.items.length);
  }

  /** Per key, packed live entries with the floor, then packed tombstones. */
  state(keys: readonly Bytes[]): Promise<readonly Buffer[]> {
    return this.#query('state', keys, []);
  }

  /** A digest of the state of each key. */
  digest(keys: readonly Bytes[]): Promise<readonly Buffer[]> {
    return this.#query('digest', keys, []);
  }

  /** Per key, what it has of the members asked, then its floor packed. */
  probe(keys: readonly Bytes[], members: readonly (readonly Bytes[])[]): Promise<readonly Buffer[]> {
    const values = members.flatMap((some) => [String(some.length), ...some]);
    return this.#query('probe', keys, values);
  }

  /** One step of a scan: the keys that it met, and the cursor for the next step, '0' at the end. */
  async scan(cursor: string, count: number): Promise<{ keys: Bytes[]; next: string }> {
    const { readTimeoutMs } = this.#options;
    const { names, next } = await this.connection.scan(cursor, count, readTimeoutMs);
    const keys = new Set<Bytes>();
    for (const name of names) {
      const key = this.#options.layout.keyOf(name.toString('latin1'));
      if (key !== undefined) keys.add(key);
    }
    return { keys: [...keys], next };
  }

  /** Lets the connection go; what waits is refused. */
  close(): void {
    this.connection.close();
    this.#writes.rejectAll(this.connection.down!);
    this.#reads.rejectAll(this.connection.down!);
  }

  async #sendWrites(parts: readonly BatchPart<ReplicaOperation, PackedItems>[]): Promise<string[]> {
    const { layout } = this.#options;
    const statuses = this.connection.slotted
      ? await this.#writeBySlot(parts.flatMap(({ items }) => items))
      : await this.#write(
          parts.map((part) => part.encoded((operations) => packOperations(operations, layout))),
        );
    let at = 0;
    return parts.map(({ items }) => statuses.slice(at, (at += items.length)));
  }

  /** One call for each key, and the statuses in the order of the operations. */
  async #writeBySlot(operations: readonly ReplicaOperation[]): Promise<string> {
    const statuses: string[] = [];
    const byKey = Map.groupBy(operations.entries(), ([, { key }]) => key);
    await Promise.all(
      [...byKey.values()].map(async (entries) => {
        const own = entries.map(([, operation]) => operation);
        const { layout } = this.#options;
        const letters = await this.#write(
          [packOperations(own, layout)],
          [keyArguments([own[0]!.key], layout)],
        );
        entries.forEach(([place], n) => (statuses[place] = letters[n]!));
      }),
    );
    return statuses.join('');
  }

  /** A Redis Cluster needs the names of the key's records. */
  async #write(parts: readonly PackedItems[], names: readonly Arguments[] = []): Promise<string> {
    const { capacity, writeTimeoutMs } = this.#options;
    const leading = ['write', String(capacity), packList(parts)];
    const reply = await this.connection.run('write', leading, names, writeTimeoutMs);
    return (reply as Buffer).toString('latin1');
  }

  async #sendReads(requests: readonly ReadRequest[]): Promise<(readonly Buffer[])[]> {
    const { layout } = this.#options;
    const encoded = requests.map(({ part, options }) =>
      this.connection.slotted
        ? part.items.map((key) => readArguments([key], options, layout))
        : [part.encoded((keys) => readArguments(keys, options, layout))],
    );
    const reply = await this.#call('read', encoded.flat());
    let at = 0;
    return requests.map(({ part }) => reply.slice(at, (at += part.items.length)));
  }

  #query(command: string, keys: readonly Bytes[], values: readonly Bytes[]): Promise<Buffer[]> {
    const { layout } = this.#options;
    return this.#call(
      command,
      this.connection.slotted
        ? keys.map((key) => keyArguments([key], layout, values))
        : [keyArguments(keys, layout, values)],
    );
  }

  /** In one call, or on a Redis Cluster in one for each of the parts. */
  async #call(command: string, parts: readonly Arguments[]): Promise<Buffer[]> {
    const { readTimeoutMs } = this.#options;
    const calls = this.connection.slotted ? parts.map((part) => [part]) : [parts];
    const replies = await Promise.all(
      calls.map((call) => this.connection.run('query', [command], call, readTimeoutMs)),
    );
    return (replies as Buffer[][]).flat();
  }
}
