import type { Bytes, ReadOptions } from '../contract.ts';
import { CallQueue } from './callQueue.ts';
import { Connection } from './connection.ts';
import type { Address } from './farmString.ts';
import type { KeyLayout } from './keyLayout.ts';
import {
  argumentOf,
  readArguments,
  writeArguments,
  type RedisArgument,
  type ReplicaOperation,
} from './protocol.ts';

/** Keys one read call may name: a call holds Redis up for all others. */
export const MAX_KEYS_PER_CALL = 512;
const MAX_OPERATIONS_PER_CALL = 1024;
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

interface ReadRequest {
  readonly keys: readonly Bytes[];
  readonly options: ReadOptions;
}

/** One Redis of a farm. Concurrent writes share calls, and so do concurrent reads. */
export class Instance {
  readonly connection: Connection;
  readonly #options: InstanceOptions;
  readonly #writes: CallQueue<readonly ReplicaOperation[], string>;
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
  write(operations: readonly ReplicaOperation[]): Promise<string> {
    if (this.connection.down !== undefined) return Promise.reject(this.connection.down);
    return this.#writes.add(operations, operations.length);
  }

  /** A packed window per key. */
  async read(keys: readonly Bytes[], options: ReadOptions): Promise<readonly Buffer[]> {
    if (this.connection.down !== undefined) throw this.connection.down;
    if (keys.length <= MAX_KEYS_PER_CALL) return this.#reads.add({ keys, options }, keys.length);
    const parts: Promise<readonly Buffer[]>[] = [];
    for (let i = 0; i < keys.length; i += MAX_KEYS_PER_CALL) {
      const part = keys.slice(i, i + MAX_KEYS_PER_CALL);
      parts.push(this.#reads.add({ keys: part, options }, part.length));
    }
    return (await Promise.all(parts)).flat();
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
    const args = members.flatMap((some) => [String(some.length), ...some.map(argumentOf)]);
    return this.#query('probe', keys, args);
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

  async #sendWrites(requests: readonly (readonly ReplicaOperation[])[]): Promise<string[]> {
    const { keys, args } = writeArguments(requests.length === 1 ? requests[0]! : requests.flat());
    const { capacity, writeTimeoutMs } = this.#options;
    const reply = await this.connection.run(
      'write',
      this.#names(keys),
      ['write', String(capacity), ...args],
      writeTimeoutMs,
    );
    const statuses = (reply as [Buffer, number])[0].toString('latin1');
    let at = 0;
    return requests.map(({ length }) => statuses.slice(at, (at += length)));
  }

  async #sendReads(requests: readonly ReadRequest[]): Promise<(readonly Buffer[])[]> {
    const names = requests.flatMap(({ keys }) => this.#names(keys));
    const args = requests.flatMap(({ keys, options }) => readArguments(keys, options));
    const reply = await this.connection.run('query', names, ['read', ...args], this.#options.readTimeoutMs);
    let at = 0;
    return requests.map(({ keys }) => (reply as Buffer[]).slice(at, (at += keys.length)));
  }

  async #query(
    command: string,
    keys: readonly Bytes[],
    args: readonly RedisArgument[],
  ): Promise<readonly Buffer[]> {
    return (await this.connection.run(
      'query',
      this.#names(keys),
      [command, ...args],
      this.#options.readTimeoutMs,
    )) as Buffer[];
  }

  #names(keys: readonly Bytes[]): RedisArgument[] {
    const names: RedisArgument[] = [];
    for (const key of keys) for (const name of this.#options.layout.names(key)) names.push(argumentOf(name));
    return names;
  }
}
