import { appendFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import {
  DEFAULT_LIMITS,
  encodeResponse,
  QueryRunner,
  type CancelSignal,
  type InstantQuery,
  type QueryResult,
  type RangeQuery,
  type ShareableQueryable,
} from '@binnacle/promql';
import type { Features } from '../features.ts';
import type { Flags } from '../flags.ts';
import { RemoteReads } from '../remoteRead/remoteReads.ts';
import type { RuleSample } from '../rules/rule.ts';
import { ruleSamples } from '../rules/ruleSamples.ts';
import type { Storage } from '../storage.ts';

/** How an answer is to be given. */
export interface AnswerOptions {
  /** Series at most; 0 is no limit. */
  readonly limit: number;
  readonly withStats: boolean;
  /** Cancels the query. */
  readonly signal: CancelSignal;
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

const MAX_WAITING = 1000;
const TRUNCATED = 'results truncated due to limit';

/** Runs queries: cheap ones at once, others in threads, at most --query.max-concurrency and one a processor. */
export class Queries {
  readonly #options: QueriesOptions;
  readonly #runner: QueryRunner;
  readonly #store: ShareableQueryable;
  /** Other stores that queries read as well. */
  readonly remoteReads: RemoteReads;
  /** One JSON line for every query goes here. */
  logFile: string | undefined;

  constructor(options: QueriesOptions) {
    const { storage, flags, features, subqueryStepMs } = options;
    const engine = {
      features: features.engine,
      lookbackMs: flags['query.lookback-delta'],
      subqueryStepMs,
      limits: {
        ...DEFAULT_LIMITS,
        maxSamples: flags['query.max-samples'],
        timeoutMs: flags['query.timeout'],
      },
    };
    this.#options = options;
    this.#store = shareable(storage);
    this.remoteReads = new RemoteReads(storage, engine, flags['query.max-samples']);
    this.#runner = new QueryRunner(engine, {
      threads: Math.min(flags['query.max-concurrency'], availableParallelism()),
      maxWaiting: MAX_WAITING,
    });
  }

  /** Queries that are in threads or wait for one. */
  get pending(): number {
    return this.#runner.pending;
  }

  /** The body of the HTTP answer. Throws ParseError and QueryError. */
  body(query: InstantQuery | RangeQuery, { limit, withStats, signal }: AnswerOptions): Promise<Buffer> {
    return this.#timed(query, async (elapsedSeconds) => {
      const store = this.remoteReads.isConfigured ? await this.#withRemote(query, signal) : this.#store;
      if (limit === 0 && !withStats) return this.#runner.runJson(store, query, signal);
      const result = await this.#runner.run(store, query, signal);
      const stats = withStats ? statsOf(result, elapsedSeconds()) : undefined;
      return encodeResponse(limited(result, limit), stats);
    });
  }

  /** What an instant query gives a rule. */
  elements(query: InstantQuery): Promise<RuleSample[]> {
    return this.#timed(query, async () => {
      const store = this.remoteReads.isConfigured ? await this.#withRemote(query) : this.#store;
      return ruleSamples((await this.#runner.run(store, query)).value);
    });
  }

  #withRemote(query: InstantQuery | RangeQuery, cancelled?: CancelSignal): Promise<ShareableQueryable> {
    const signal = typeof cancelled === 'function' ? cancelled() : cancelled;
    return this.remoteReads.storeFor(query, this.#store, MERGED_STORE, signal);
  }

  async close(): Promise<void> {
    await this.#runner[Symbol.asyncDispose]();
  }

  async #timed<T>(
    query: InstantQuery | RangeQuery,
    work: (elapsedSeconds: () => number) => Promise<T>,
  ): Promise<T> {
    const startedAt = performance.now();
    const elapsedSeconds = (): number => (performance.now() - startedAt) / 1000;
    try {
      return await work(elapsedSeconds);
    } finally {
      this.#options.onQuery(elapsedSeconds());
      this.#log(query, elapsedSeconds());
    }
  }

  #log(params: InstantQuery | RangeQuery, seconds: number): void {
    if (this.logFile === undefined) return;
    const line = JSON.stringify({ params, stats: { timings: { execTotalTime: seconds } }, ts: new Date() });
    void appendFile(this.logFile, `${line}\n`).catch(this.#options.onLogFailure);
  }
}

/** In a bundle the modules that threads open stand beside this one (build.mjs). */
const IS_SOURCE = import.meta.url.endsWith('.ts');
const MERGED_STORE = new URL(IS_SOURCE ? '../remoteRead/mergedStore.ts' : './mergedStore.js', import.meta.url)
  .href;

/** Any selection from fewer is made in a moment. */
const MANY_SERIES = 20_000;

/** The store as threads see it. */
function shareable(storage: Storage): ShareableQueryable {
  return {
    select: (matchers, range, limit) => storage.select(matchers, range, limit),
    shareHandle: () => storage.shareHandle(),
    countSeries: (matchers, range) =>
      storage.headSeries < MANY_SERIES ? 0 : storage.countSeries(matchers, range),
    openerModule: IS_SOURCE ? storage.openerModule : new URL('./sharedReader.js', import.meta.url).href,
  };
}

function limited(result: QueryResult, limit: number): QueryResult {
  const { value } = result;
  const isList = value.type === 'vector' || value.type === 'matrix';
  if (limit === 0 || !isList || value.series.length <= limit) return result;
  const cut = { ...value, series: value.series.slice(0, limit) } as QueryResult['value'];
  return { ...result, value: cut, warnings: [...result.warnings, TRUNCATED] };
}

function statsOf({ stats }: QueryResult, seconds: number): object {
  return {
    timings: {
      evalTotalTime: seconds,
      resultSortTime: 0,
      queryPreparationTime: 0,
      innerEvalTime: seconds,
      execQueueTime: 0,
      execTotalTime: seconds,
    },
    samples: { totalQueryableSamples: stats.samplesRead, peakSamples: stats.peakSamples },
  };
}
