import { appendFile } from 'node:fs/promises';
import {
  DEFAULT_LIMITS,
  Engine,
  type InstantQuery,
  type QueryResult,
  type RangeQuery,
} from '@binnacle/promql';
import { ApiError } from '../errors.ts';
import type { Features } from '../features.ts';
import type { Flags } from '../flags.ts';
import type { Storage } from '../storage.ts';

export interface QueryOutcome {
  readonly result: QueryResult;
  readonly queuedSeconds: number;
  readonly evalSeconds: number;
}

export interface QueriesOptions {
  readonly storage: Storage;
  readonly flags: Flags;
  readonly features: Features;
  /** Resolution of `[1h:]`. */
  readonly subqueryStepMs: number;
  readonly onQuery: (seconds: number) => void;
  readonly onLogFailure: (error: unknown) => void;
}

/**
 * Runs queries, one at a time and in the order of arrival; between two of them everything else of the server gets its
 * turn. What waits is bounded.
 */
export class Queries {
  readonly engine: Engine;
  readonly #options: QueriesOptions;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  /** One JSON line for every query goes here. */
  logFile: string | undefined;

  constructor(options: QueriesOptions) {
    const { flags, features, subqueryStepMs } = options;
    this.#options = options;
    this.engine = new Engine({
      features: features.engine,
      lookbackMs: flags['query.lookback-delta'],
      subqueryStepMs,
      limits: {
        ...DEFAULT_LIMITS,
        maxSamples: flags['query.max-samples'],
        timeoutMs: flags['query.timeout'],
      },
    });
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Throws ParseError, QueryError, and unavailable when too many wait. `isGone` is asked before it runs. */
  instant(query: InstantQuery, isGone: () => boolean): Promise<QueryOutcome> {
    return this.#run(query.query, () => this.engine.instant(this.#options.storage, query), isGone);
  }

  range(query: RangeQuery, isGone: () => boolean): Promise<QueryOutcome> {
    return this.#run(query.query, () => this.engine.range(this.#options.storage, query), isGone);
  }

  async #run(text: string, evaluate: () => QueryResult, isGone: () => boolean): Promise<QueryOutcome> {
    const limit = this.#options.flags['query.max-concurrency'];
    if (this.#waiting >= limit) {
      throw new ApiError(
        'unavailable',
        `${limit} queries run or wait already; try again, or raise --query.max-concurrency`,
      );
    }
    this.#waiting++;
    const askedAt = performance.now();
    const run = this.#last.then(async () => {
      await new Promise(setImmediate);
      if (isGone()) throw new ApiError('canceled', 'query was canceled before it was run');
      const startedAt = performance.now();
      const result = evaluate();
      const evalSeconds = (performance.now() - startedAt) / 1000;
      this.#options.onQuery(evalSeconds);
      return { result, queuedSeconds: (startedAt - askedAt) / 1000, evalSeconds };
    });
    this.#last = run.catch(() => undefined);
    try {
      return await run;
    } finally {
      this.#waiting--;
      this.#log(text, (performance.now() - askedAt) / 1000);
    }
  }

  #log(query: string, seconds: number): void {
    if (this.logFile === undefined) return;
    const line = JSON.stringify({
      params: { query },
      stats: { timings: { execTotalTime: seconds } },
      ts: new Date(),
    });
    void appendFile(this.logFile, `${line}\n`).catch(this.#options.onLogFailure);
  }
}
