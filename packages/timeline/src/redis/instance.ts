import type { Bytes, ReadOptions } from '../contract.ts';
import type { BatchPart } from './batch.ts';
import { CallQueue } from './callQueue.ts';
import { Connection } from './connection.ts';
import type { Address } from './farmString.ts';
import type { KeyLayout } from './keyLayout.ts';
import { keyArguments, readArguments, writeArguments, type ReplicaOperation } from './protocol.ts';
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
  readonly part: BatchPart<Bytes>;
  readonly options: ReadOptions;
}

/** One Redis of a farm. Concurrent writes share calls, and so do concurrent reads. */
export class Instance {
  readonly connection: Connection;
  readonly #options: InstanceOptions;
  readonly #writes: CallQueue<BatchPart<ReplicaOperation>, string>;
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
  write(part: BatchPart<ReplicaOperation>): Promise<string> {
    if (this.connection.down !== undefined) return Promise.reject(this.connection.down);
    return this.#writes.add(part, part.items.length);
  }

  /** A packed window per key. All reads of one batch need the same options. */
  read(part: BatchPart<Bytes>, options: ReadOptions): Promise<readonly Buffer[]> {
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
    const reply = await this.connection.command(
      'SCAN',
      [cursor, 'COUNT', String(count)],
      this.#options.readTimeoutMs,
    );
    const [next, names] = reply as [Buffer, Buffer[]];
    const keys = new Set<Bytes>();
    for (const name of names) {
      const key = this.#options.layout.keyOf(name.toString('latin1'));
      if (key !== undefined) keys.add(key);
    }
    return { keys: [...keys], next: next.toString() };
  }

  /** Lets the connection go; what waits is refused. */
  close(): void {
    this.connection.close();
    this.#writes.rejectAll(this.connection.down!);
    this.#reads.rejectAll(this.connection.down!);
  }

  async #sendWrites(parts: readonly BatchPart<ReplicaOperation>[]): Promise<string[]> {
    const { capacity, layout, writeTimeoutMs } = this.#options;
    const reply = await this.connection.run(
      'write',
      ['write', String(capacity)],
      parts.map((part) => part.arguments((operations) => writeArguments(operations, layout))),
      writeTimeoutMs,
    );
    const statuses = (reply as [Buffer, number])[0].toString('latin1');
    let at = 0;
    return parts.map(({ items }) => statuses.slice(at, (at += items.length)));
  }

  async #sendReads(requests: readonly ReadRequest[]): Promise<(readonly Buffer[])[]> {
    const reply = await this.#call(
      'read',
      requests.map(({ part, options }) =>
        part.arguments((keys) => readArguments(keys, options, this.#options.layout)),
      ),
    );
    let at = 0;
    return requests.map(({ part }) => reply.slice(at, (at += part.items.length)));
  }

  #query(command: string, keys: readonly Bytes[], values: readonly Bytes[]): Promise<Buffer[]> {
    return this.#call(command, [keyArguments(keys, this.#options.layout, values)]);
  }

  async #call(command: string, parts: readonly Arguments[]): Promise<Buffer[]> {
    return (await this.connection.run('query', [command], parts, this.#options.readTimeoutMs)) as Buffer[];
  }
}
