import { Worker } from 'node:worker_threads';
import { Engine, type InstantQuery, type RangeQuery } from '../engine/engine.ts';
import { QueryError, WorkLimitError } from '../engine/queryError.ts';
import type { EngineOptions } from '../engine/options.ts';
import type { QueryResult } from '../engine/result.ts';
import { encodeResponse } from '../json/encode.ts';
import type { Queryable, ShareableQueryable } from '../storage.ts';
import { HeavyQueries } from './heavyQueries.ts';
import { fromPlain, type WorkAnswer, type WorkRequest } from './messages.ts';

export interface QueryRunnerOptions {
  /** Threads; 0 runs everything inline. */
  readonly threads: number;
  /** Queries that may wait for a thread; more are refused. */
  readonly maxWaiting: number;
  /** Samples and steps below which a query is not worth a thread, as estimated; about two milliseconds. */
  readonly inlineWork: number;
}

const DEFAULTS: QueryRunnerOptions = { threads: 1, maxWaiting: 100, inlineWork: 200_000 };

/**
 * Three semi-spaces of 8 MB. V8 takes 64 MB ones on a large machine and keeps them, in every thread, while queries hold
 * what lives longer in typed arrays.
 */
const YOUNG_GENERATION_MB = 24;

/** What cancels a query; a function is called only if the query goes to a thread. */
export type CancelSignal = AbortSignal | (() => AbortSignal);

interface Job {
  readonly request: WorkRequest;
  readonly resolve: (answer: WorkAnswer) => void;
  readonly reject: (error: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  job: Job | undefined;
}

/**
 * Runs cheap queries at once and heavy ones in worker threads, where they read the store's shared memory and block
 * neither ingest nor other requests. The same code runs in both places, so the results are the same to the last bit.
 */
export class QueryRunner implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #options: QueryRunnerOptions;
  readonly #threads: Thread[] = [];
  readonly #waiting: Job[] = [];
  readonly #heavy = new HeavyQueries();
  #closed = false;

  constructor(engineOptions: Partial<EngineOptions> = {}, options: Partial<QueryRunnerOptions> = {}) {
    this.#engine = new Engine(engineOptions);
    this.#options = { ...DEFAULTS, ...options };
  }

  /** How many queries are in threads or waiting for one. */
  get pending(): number {
    return this.#waiting.length + this.#threads.filter(({ job }) => job !== undefined).length;
  }

  /** The result of a query. Throws ParseError and QueryError. `signal` cancels it. */
  async run(
    store: Queryable | ShareableQueryable,
    query: InstantQuery | RangeQuery,
    signal?: CancelSignal,
  ): Promise<QueryResult> {
    const result = this.#inline(store, query);
    if (result !== undefined) return result;
    const answer = await this.#inThread(store as ShareableQueryable, query, false, signal);
    if (answer.type !== 'result') throw new TypeError(`expected a result of a worker, found ${answer.type}`);
    return fromPlain(answer.result);
  }

  /** The JSON body of the answer to a query, written where the query ran. */
  async runJson(
    store: Queryable | ShareableQueryable,
    query: InstantQuery | RangeQuery,
    signal?: CancelSignal,
  ): Promise<Buffer> {
    const result = this.#inline(store, query);
    if (result !== undefined) return encodeResponse(result);
    const answer = await this.#inThread(store as ShareableQueryable, query, true, signal);
    if (answer.type !== 'json') throw new TypeError(`expected JSON of a worker, found ${answer.type}`);
    return Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.byteLength);
  }

  /** Stops all threads; what they were doing is canceled. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const job of this.#waiting.splice(0)) job.reject(canceled());
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  /** The result of a query that is cheap or cannot go to a thread; undefined when it shall go there. */
  #inline(store: Queryable | ShareableQueryable, query: InstantQuery | RangeQuery): QueryResult | undefined {
    if (this.#options.threads === 0 || !('shareHandle' in store)) return this.#evaluate(store, query);
    if (this.#heavy.has(query)) return undefined;
    try {
      return this.#evaluate(store, { ...query, maxWork: this.#options.inlineWork });
    } catch (error) {
      if (!(error instanceof WorkLimitError)) throw error;
      this.#heavy.add(query);
      return undefined;
    }
  }

  #evaluate(store: Queryable, query: InstantQuery | RangeQuery): QueryResult {
    return 'timeMs' in query ? this.#engine.instant(store, query) : this.#engine.range(store, query);
  }

  async #inThread(
    store: ShareableQueryable,
    query: InstantQuery | RangeQuery,
    asJson: boolean,
    cancelSignal: CancelSignal | undefined,
  ): Promise<WorkAnswer> {
    const signal = typeof cancelSignal === 'function' ? cancelSignal() : cancelSignal;
    if (this.#closed || signal?.aborted === true) throw canceled();
    if (this.#waiting.length >= this.#options.maxWaiting) {
      throw new QueryError(
        `${this.#waiting.length} queries are waiting already; try again later`,
        'PROMQL_OVERLOADED',
      );
    }
    const cancel = query.cancel ?? new Int32Array(new SharedArrayBuffer(4));
    const request: WorkRequest = {
      openerModule: store.openerModule,
      handle: store.shareHandle(),
      options: this.#engine.options,
      query: { ...query, cancel },
      asJson,
    };
    const abort = (): void => void Atomics.store(cancel, 0, 1);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const answer = await new Promise<WorkAnswer>((resolve, reject) => {
        this.#waiting.push({ request, resolve, reject });
        this.#dispatch();
      });
      if (answer.type === 'queryError') throw new QueryError(answer.message, answer.code);
      if (answer.type === 'failure')
        throw new Error(`a query failed in its worker thread: ${answer.message}`);
      return answer;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      let thread = this.#threads.find(({ job }) => job === undefined);
      if (thread === undefined && this.#threads.length < this.#options.threads) thread = this.#startThread();
      if (thread === undefined) return;
      thread.job = this.#waiting.shift()!;
      thread.worker.postMessage(thread.job.request, []);
    }
  }

  #startThread(): Thread {
    const isSource = import.meta.url.endsWith('.ts');
    const module = isSource
      ? new URL('./queryWorker.ts', import.meta.url)
      : new URL('./queryWorker.js', import.meta.url);
    const worker = new Worker(module, {
      execArgv: isSource ? ['--conditions=@binnacle/source'] : [],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    worker.unref();
    const thread: Thread = { worker, job: undefined };
    worker.on('message', (answer: WorkAnswer) => {
      const { job } = thread;
      thread.job = undefined;
      job?.resolve(answer);
      this.#dispatch();
    });
    worker.on('error', (error: Error) => this.#lost(thread, error));
    worker.on('exit', () => this.#lost(thread, canceled()));
    this.#threads.push(thread);
    return thread;
  }

  /** A thread that ended takes its query with it; the next one starts another. */
  #lost(thread: Thread, error: Error): void {
    const index = this.#threads.indexOf(thread);
    if (index >= 0) this.#threads.splice(index, 1);
    thread.job?.reject(error);
    thread.job = undefined;
    if (!this.#closed) this.#dispatch();
  }
}

function canceled(): QueryError {
  return new QueryError('query was canceled in expression evaluation', 'PROMQL_CANCELED');
}
