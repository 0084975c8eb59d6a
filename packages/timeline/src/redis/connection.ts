import { Redis } from 'ioredis';
import { TimelineError } from '../errors.ts';
import { clusterNodes, mastersOf, openNode, openNodes, scanStep, type Client } from './client.ts';
import type { Address } from './farmString.ts';
import { programCall, type Arguments } from './resp.ts';
import { LIBRARY, QUERY_FUNCTION, SCRIPT, SCRIPT_SHA, WRITE_FUNCTION } from './script.ts';

/** Where an instance keeps its place in the ring. */
export const RING_KEY = 'binnacle:ring';
const PROBE_INTERVAL_MS = 200;

export interface ConnectionOptions {
  readonly address: Address;
  /** Place in the ring; an instance that has another one is not used. */
  readonly ring: string;
  readonly connectTimeoutMs: number;
  /** Called when the instance goes away, with the reason. */
  readonly onDown: (error: TimelineError) => void;
}

/**
 * The connection to one Redis, or to the nodes of a Redis Cluster: loads the program, checks the ring, and knows whether the instance is worth asking.
 * After a call without an answer in time it counts as down, and calls fail at once, until it answers a ping again.
 */
export class Connection {
  readonly name: string;
  readonly #options: ConnectionOptions;
  #redis: Client;
  #slotted = false;
  #down: TimelineError | undefined;
  #withFunctions = true;
  #probing = false;
  #closed = false;
  /** Resolves when the first attempt to connect has come to an end, whichever. */
  readonly settled: Promise<void>;
  #settle!: () => void;

  constructor(options: ConnectionOptions) {
    const { host, port } = options.address;
    this.#options = options;
    this.name = `${host}:${port}`;
    this.#down = new TimelineError('REPLICA_DOWN', `${this.name} is not connected yet`);
    this.settled = new Promise((resolve) => (this.#settle = resolve));
    this.#redis = this.#attach(openNode(options.address, options.connectTimeoutMs));
  }

  /** Whether it is a Redis Cluster, where one call can name records of one hash slot alone. */
  get slotted(): boolean {
    return this.#slotted;
  }

  /** Why the instance is not asked, or undefined when it is. */
  get down(): TimelineError | undefined {
    return this.#down;
  }

  /** Calls the program. Rejects with REPLICA_DOWN when the instance is down or does not answer in time. */
  async run(
    kind: 'write' | 'query',
    leading: readonly string[],
    parts: readonly Arguments[],
    timeoutMs: number,
  ): Promise<unknown> {
    try {
      return await this.#run(kind, leading, parts, timeoutMs);
    } catch (error) {
      if (!/Function not found|NOSCRIPT/.test((error as Error).message)) throw error;
      await this.#loadProgram();
      return this.#run(kind, leading, parts, timeoutMs);
    }
  }

  /** One step of a scan over everything; see `scanStep`. */
  async scan(cursor: string, count: number, timeoutMs: number): ReturnType<typeof scanStep> {
    if (this.#down !== undefined) throw this.#down;
    return this.#inTime(scanStep(this.#redis, cursor, count), timeoutMs);
  }

  close(): void {
    this.#closed = true;
    this.#down = new TimelineError('CLOSED', 'the timeline store is closed');
    this.#redis.disconnect();
    this.#settle();
  }

  #run(
    kind: 'write' | 'query',
    leading: readonly string[],
    parts: readonly Arguments[],
    timeoutMs: number,
  ): Promise<unknown> {
    if (this.#down !== undefined) return Promise.reject(this.#down);
    const call = this.#withFunctions
      ? programCall('FCALL', kind === 'write' ? WRITE_FUNCTION : QUERY_FUNCTION, leading, parts)
      : programCall('EVALSHA', SCRIPT_SHA, leading, parts);
    return this.#inTime(this.#redis.sendCommand(call) as Promise<unknown>, timeoutMs);
  }

  async #inTime<T>(call: Promise<T>, timeoutMs: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(this.#goDown(`no answer in ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return await Promise.race([call, late]);
    } catch (error) {
      if (error instanceof TimelineError) throw error;
      if (this.#down !== undefined) throw this.#down;
      throw new TimelineError('REPLICA_DOWN', `${this.name}: ${(error as Error).message}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  #attach<C extends Client>(client: C): C {
    client.on('ready', () => void this.#prepare());
    client.on('close', () => this.#goDown('the connection was lost'));
    client.on('error', (error: Error) => this.#goDown(error.message));
    return client;
  }

  async #prepare(): Promise<void> {
    try {
      if (this.#redis instanceof Redis) {
        const nodes = await clusterNodes(this.#redis);
        this.#slotted = nodes > 0;
        // A node that is alone does not know its own address, and redirects to nobody.
        if (nodes > 1) return this.#follow(this.#redis);
      }
      await this.#checkRing();
      await this.#loadProgram();
      if (!this.#closed) this.#down = undefined;
    } catch (error) {
      this.#goDown((error as Error).message, error instanceof TimelineError ? error : undefined);
    }
    this.#settle();
  }

  /** Goes over from one node to all of them; they are prepared when they are ready. */
  #follow(node: Redis): void {
    node.removeAllListeners();
    node.on('error', () => undefined);
    node.disconnect();
    if (this.#closed) return;
    this.#redis = this.#attach(openNodes(this.#options.address, this.#options.connectTimeoutMs));
  }

  async #checkRing(): Promise<void> {
    const { ring } = this.#options;
    await this.#redis.setnx(RING_KEY, ring);
    const found = await this.#redis.get(RING_KEY);
    if (found === ring) return;
    throw new TimelineError(
      'RING_MISMATCH',
      `${this.name}: expected ring place "${ring}", found "${found}"; put the addresses in the order the data was ` +
        `written with, or delete ${RING_KEY} there if its data was moved`,
    );
  }

  async #loadProgram(): Promise<void> {
    const nodes = mastersOf(this.#redis);
    try {
      await Promise.all(nodes.map((node) => node.function('LOAD', 'REPLACE', LIBRARY)));
      this.#withFunctions = true;
    } catch (error) {
      if (!/unknown command/i.test((error as Error).message)) throw error;
      await Promise.all(nodes.map((node) => node.script('LOAD', SCRIPT)));
      this.#withFunctions = false;
    }
  }

  #goDown(reason: string, error?: TimelineError): TimelineError {
    if (this.#closed) return this.#down!;
    const wasUp = this.#down === undefined;
    this.#down = error ?? new TimelineError('REPLICA_DOWN', `${this.name} is down: ${reason}`);
    this.#settle();
    if (wasUp) this.#options.onDown(this.#down);
    if (!this.#probing) void this.#probe();
    return this.#down;
  }

  /** Asks an instance that is connected but silent until it answers; one that is not connected tells us by itself. */
  async #probe(): Promise<void> {
    this.#probing = true;
    while (this.#down !== undefined && !this.#closed && this.#redis.status === 'ready') {
      const answered = await this.#redis.ping().then(
        () => true,
        () => false,
      );
      if (answered) await this.#prepare();
      if (this.#down !== undefined)
        await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS).unref());
    }
    this.#probing = false;
  }
}
