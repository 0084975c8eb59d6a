import type {
  Bytes,
  KeyPage,
  KeyResult,
  MergedReadOptions,
  MergedResult,
  Operation,
  ReadOptions,
  TimelineState,
  TimelineStore,
  WriteResult,
} from '../contract.ts';
import { TimelineError } from '../errors.ts';
import { validateKey, validateOperations, validateRead, validateState, validCapacity } from '../validate.ts';
import { operationsOf } from '../writeResult.ts';
import { Cluster } from './cluster.ts';
import { joinStates } from './divergence.ts';
import { parseFarmString, parseQuorum } from './farmString.ts';
import { newFarmStats, type FarmStats } from './farmStats.ts';
import { HASHES, type HashName } from './hash.ts';
import { Instance } from './instance.ts';
import { LAYOUTS, type LayoutName } from './keyLayout.ts';
import { readMergedInRounds } from './mergedRead.ts';
import type { ReplicaOperation } from './protocol.ts';
import { writeWithQuorum } from './quorumWrite.ts';
import { FarmReader, type ReadStrategy } from './readStrategy.ts';
import { RepairQueue, type RepairStrategy } from './repairQueue.ts';
import { inspectKey, repairKey, walk, type Inspection, type WalkOptions, type WalkResult } from './walker.ts';

/** Options of a farm; defaults are Roshi's. */
export interface FarmOptions {
  /** `a:6379,b:6379;c:6379,d:6379`: two clusters, each a full copy over two instances. */
  readonly instances: string;
  /** Entries a timeline keeps. Default 10,000. */
  readonly capacity?: number;
  /** Default `murmur3`. */
  readonly hash?: HashName;
  /** Clusters that must confirm a write: a number or a percentage that is rounded up. Default `51%`. */
  readonly writeQuorum?: string;
  /** Default `SendAllReadAll`. */
  readonly readStrategy?: ReadStrategy;
  /** Default `RateLimitedRepairs` with 1,000 members a second. */
  readonly repairStrategy?: RepairStrategy;
  /** Default `hash-tag`; `roshi` reads and writes data of Roshi. */
  readonly layout?: LayoutName;
  /** Each default 3,000. */
  readonly connectTimeoutMs?: number;
  readonly readTimeoutMs?: number;
  readonly writeTimeoutMs?: number;
}

/** Whether an instance is asked, and if not, why. */
export interface InstanceHealth {
  readonly instance: string;
  readonly cluster: number;
  readonly down: TimelineError | undefined;
}

/** Timelines in a farm of Redis clusters, as in Roshi: every write to all clusters, a quorum to acknowledge it. */
export class FarmStore implements TimelineStore {
  readonly capacity: number;
  readonly stats: Readonly<FarmStats>;
  readonly #stats: FarmStats;
  readonly #clusters: readonly Cluster[];
  readonly #quorum: number;
  readonly #reader: FarmReader;
  readonly #repairs: RepairQueue;
  #closed = false;

  private constructor(options: FarmOptions) {
    const addresses = parseFarmString(options.instances);
    const { hash = 'murmur3', writeQuorum = '51%', layout = 'hash-tag' } = options;
    const { connectTimeoutMs = 3000, readTimeoutMs = 3000, writeTimeoutMs = 3000 } = options;
    this.capacity = validCapacity(options.capacity ?? 10_000);
    this.#quorum = parseQuorum(writeQuorum, addresses.length);
    this.#clusters = addresses.map((cluster, c) => {
      const instances = cluster.map(
        (address, i) =>
          new Instance({
            address,
            ring: `1 ${hash} ${i + 1}/${cluster.length}`,
            layout: LAYOUTS[layout],
            capacity: this.capacity,
            connectTimeoutMs,
            readTimeoutMs,
            writeTimeoutMs,
          }),
      );
      return new Cluster(c, instances, HASHES[hash]);
    });
    this.#stats = newFarmStats();
    this.stats = this.#stats;
    const { repairStrategy = { kind: 'RateLimitedRepairs', membersPerSecond: 1000 } } = options;
    this.#repairs = new RepairQueue(repairStrategy, this.#stats);
    this.#reader = new FarmReader({
      clusters: this.#clusters,
      strategy: options.readStrategy ?? { kind: 'SendAllReadAll' },
      capacity: this.capacity,
      repairs: this.#repairs,
      stats: this.#stats,
    });
  }

  /**
   * Connects to the farm. Instances that are away are waited for later on; but none at all is REPLICA_DOWN, and one
   * with another place in the ring is RING_MISMATCH. Throws INVALID_CONFIG for options that are wrong.
   */
  static async open(options: FarmOptions): Promise<FarmStore> {
    const store = new FarmStore(options);
    const connections = store.#clusters.flatMap(({ instances }) =>
      instances.map(({ connection }) => connection),
    );
    await Promise.all(connections.map(({ settled }) => settled));
    const down = connections.flatMap((connection) => connection.down ?? []);
    const fatal =
      down.find(({ code }) => code === 'RING_MISMATCH') ?? (down.length === connections.length && down[0]);
    if (!fatal) return store;
    await store.close();
    throw fatal;
  }

  async write(operations: readonly Operation[]): Promise<WriteResult> {
    this.#requireOpen();
    validateOperations(operations);
    for (const { kind } of operations) this.#stats[kind === 'insert' ? 'insertRecords' : 'deleteRecords']++;
    return writeWithQuorum(this.#clusters, operations, this.#quorum, this.#stats);
  }

  async read(keys: readonly Bytes[], options: ReadOptions): Promise<KeyResult[]> {
    this.#requireOpen();
    validateRead(options);
    return this.#reader.read(keys, options);
  }

  async readMerged(keys: readonly Bytes[], options: MergedReadOptions): Promise<MergedResult> {
    this.#requireOpen();
    validateRead(options);
    return readMergedInRounds(keys, options, (some, range) => this.#reader.read(some, range));
  }

  /** The join of what all replicas that answer remember. Rejects with READ_FAILED when none does. */
  async state(key: Bytes): Promise<TimelineState> {
    this.#requireOpen();
    validateKey(key);
    const replies = await Promise.all(
      this.#clusters.map(async (cluster) => (await cluster.states([key]))[0]!),
    );
    const states = replies.flatMap((reply) => ('error' in reply ? [] : [reply.value]));
    if (states.length > 0) return joinStates(key, states, this.capacity).state();
    throw new TimelineError(
      'READ_FAILED',
      `no replica could answer for the key: ${replies.map(({ from }) => from).join(', ')}`,
    );
  }

  /** Rejects with NO_QUORUM; what was written stays. */
  async merge(key: Bytes, state: TimelineState): Promise<void> {
    this.#requireOpen();
    validateState(key, state);
    const operations: ReplicaOperation[] = operationsOf(key, state);
    if (state.floor !== undefined) operations.unshift({ kind: 'floor', key, ...state.floor });
    const { errors } = await writeWithQuorum(this.#clusters, operations, this.#quorum, this.#stats);
    for (const error of errors.values()) throw error;
  }

  /** Scans the clusters one after the other; a key is met once in each. Instances that are down are passed over. */
  async keys(cursor: string | undefined, limit: number): Promise<KeyPage> {
    this.#requireOpen();
    validateRead({ limit });
    const instances = this.#clusters.flatMap((cluster) => cluster.instances);
    const [at, position] = parseScanCursor(cursor, instances.length);
    const instance = instances[at]!;
    const page =
      instance.connection.down === undefined ? await instance.scan(position, limit) : { keys: [], next: '0' };
    if (page.next !== '0') return { keys: page.keys, next: `${at}:${page.next}` };
    return at + 1 < instances.length ? { keys: page.keys, next: `${at + 1}:0` } : { keys: page.keys };
  }

  /** Compares all keys on all replicas once and repairs what differs. */
  async walk(options: WalkOptions = {}): Promise<WalkResult> {
    this.#requireOpen();
    return walk(this.#clusters, this.capacity, this.#stats, options);
  }

  /** Repairs one key on all replicas at once. False when one of them could not be read or written. */
  async repair(key: Bytes): Promise<boolean> {
    this.#requireOpen();
    validateKey(key);
    return repairKey(this.#clusters, key, this.capacity, this.#stats);
  }

  /** What each replica lacks of a key. */
  async inspect(key: Bytes): Promise<Inspection> {
    this.#requireOpen();
    validateKey(key);
    return inspectKey(this.#clusters, key, this.capacity);
  }

  health(): InstanceHealth[] {
    return this.#clusters.flatMap(({ index, instances }) =>
      instances.map(({ name, connection }) => ({ instance: name, cluster: index, down: connection.down })),
    );
  }

  /** Members that wait for read repair. */
  get pendingRepairs(): number {
    return this.#repairs.size;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#repairs.close();
    for (const { instances } of this.#clusters) for (const instance of instances) instance.close();
    await this.#reader.idle();
  }

  #requireOpen(): void {
    if (this.#closed) throw new TimelineError('CLOSED', 'the timeline store is closed');
  }
}

function parseScanCursor(
  cursor: string | undefined,
  instances: number,
): [instance: number, position: string] {
  if (cursor === undefined) return [0, '0'];
  const [, instance, position] = /^([0-9]+):([0-9.]+)$/.exec(cursor) ?? [];
  if (position !== undefined && Number(instance) < instances) return [Number(instance), position];
  throw new TimelineError(
    'INVALID_READ',
    `cursor: expected the "next" of the page before, found "${cursor}"`,
  );
}
