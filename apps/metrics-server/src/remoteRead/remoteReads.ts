import type { Matcher } from '@binnacle/model';
import {
  Engine,
  QueryError,
  type EngineOptions,
  type InstantQuery,
  type Queryable,
  type RangeQuery,
  type SelectRange,
  type ShareableQueryable,
} from '@binnacle/promql';
import { createHttpClient } from '@binnacle/service-discovery';
import type { ServerConfig } from '../config/serverConfig.ts';
import { MetricsServerError, messageOf } from '../errors.ts';
import type { Storage } from '../storage.ts';
import { FetchedSeriesCollector, selectionKey, type FetchedSelection } from './fetchedSeries.ts';
import { mergedStore, type MergedHandle } from './mergedStore.ts';
import { ReadClient } from './readClient.ts';
import { remoteReadConfigOf } from './remoteReadConfig.ts';

/** A selection that a query makes. */
interface Selection {
  readonly matchers: readonly Matcher[];
  readonly range: SelectRange;
}

/** The newest local data may be incomplete at its beginning: this much of it is read remotely as well. */
const START_MARGIN_MS = 4 * 3_600_000;
/** A parameter like `topk(scalar(x), y)` hides selections behind the value of others, at most this deep. */
const MAX_ROUNDS = 4;

/** Everything that the configuration's `remote_read` names. */
export class RemoteReads {
  readonly #storage: Storage;
  readonly #engine: Engine;
  readonly #maxSamples: number;
  #clients: readonly ReadClient[] = [];

  constructor(storage: Storage, engineOptions: Partial<EngineOptions>, maxSamples: number) {
    this.#storage = storage;
    this.#engine = new Engine(engineOptions);
    this.#maxSamples = maxSamples;
  }

  /** False when there is nothing but the store here to read. */
  get isConfigured(): boolean {
    return this.#clients.length > 0;
  }

  /** Throws DiscoveryError and METRICS_BAD_CONFIG for sections that are not valid. */
  check({ remoteRead, baseDir, externalLabels }: ServerConfig): ReadClient[] {
    const names = new Set<string>();
    return remoteRead.map((section) => {
      const config = remoteReadConfigOf(section);
      if (names.has(config.name)) {
        const message = `remote_read: two sections have the name ${JSON.stringify(config.name)}; give each its own`;
        throw new MetricsServerError('METRICS_BAD_CONFIG', message);
      }
      names.add(config.name);
      const client = createHttpClient(config.http, {
        baseDir,
        environment: process.env,
        userAgent: 'Binnacle metrics-server',
      });
      return new ReadClient(config, client, externalLabels);
    });
  }

  async apply(config: ServerConfig): Promise<void> {
    const next = this.check(config);
    await this.stop();
    this.#clients = next;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /**
   * The store as a query is to see it, with what the endpoints have. An endpoint that fails is a warning of the
   * query's result. Rejects only when the signal aborts.
   */
  async storeFor(
    query: InstantQuery | RangeQuery,
    local: ShareableQueryable,
    openerModule: string,
    signal: AbortSignal | undefined,
  ): Promise<ShareableQueryable> {
    const fetched: FetchedSelection[] = [];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const { selections, isWhole } = this.#selectionsOf(
        query,
        round === 0 ? EMPTY : mergedStore(local, fetched),
      );
      const known = new Set(fetched.map(({ key, range }) => `${key} ${range.minMs} ${range.maxMs}`));
      const fresh = selections.filter(
        ({ matchers, range }) => !known.has(`${selectionKey(matchers)} ${range.minMs} ${range.maxMs}`),
      );
      fetched.push(...(await this.#fetchAll(fresh, signal)));
      if (isWhole || fresh.length === 0) break;
    }
    const store = mergedStore(local, fetched);
    return {
      select: (matchers, range, limit) => store.select(matchers, range, limit),
      shareHandle: (): MergedHandle => ({ local: local.shareHandle(), fetched }),
      openerModule,
    };
  }

  /** As `storeFor`, for selectors without a query; `warnings` says which endpoints failed. */
  async storeForSelectors(
    selectors: readonly (readonly Matcher[])[],
    range: SelectRange,
  ): Promise<{ readonly store: Queryable; readonly warnings: readonly string[] }> {
    const fetched = await this.#fetchAll(selectors.map((matchers) => ({ matchers, range })));
    const warnings = new Set(fetched.flatMap((answer) => answer.warnings));
    return { store: mergedStore(this.#storage, fetched), warnings: [...warnings] };
  }

  /** What a query selects, found by running it on a store; `isWhole` is false when it ended early. */
  #selectionsOf(
    query: InstantQuery | RangeQuery,
    store: Queryable,
  ): { readonly selections: readonly Selection[]; readonly isWhole: boolean } {
    const selections = new Map<string, Selection>();
    const recorder: Queryable = {
      select: (matchers, range, limit) => {
        selections.set(`${selectionKey(matchers)} ${range.minMs} ${range.maxMs}`, { matchers, range });
        return store.select(matchers, range, limit);
      },
    };
    let isWhole = true;
    try {
      if ('timeMs' in query) this.#engine.instant(recorder, query);
      else this.#engine.range(recorder, query);
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      isWhole = false;
    }
    return { selections: [...selections.values()], isWhole };
  }

  async #fetchAll(selections: readonly Selection[], signal?: AbortSignal): Promise<FetchedSelection[]> {
    const [oldest] = this.#storage.blocks();
    const localStartMs = (oldest?.minTime ?? this.#storage.stats().headMinTime) + START_MARGIN_MS;
    const answers = selections.flatMap(({ matchers, range }) =>
      this.#clients.flatMap((client) => {
        const part = client.rangeOf(matchers, range, localStartMs);
        return part === undefined ? [] : [this.#fetch(client, { matchers, range }, part, signal)];
      }),
    );
    return Promise.all(answers);
  }

  async #fetch(
    client: ReadClient,
    { matchers, range }: Selection,
    part: SelectRange,
    signal: AbortSignal | undefined,
  ): Promise<FetchedSelection> {
    const key = selectionKey(matchers);
    const collector = new FetchedSeriesCollector(part, this.#maxSamples);
    try {
      await client.read(matchers, part, collector, signal);
      return { key, range, series: collector.finish(), warnings: [] };
    } catch (error) {
      if (signal?.aborted) throw error;
      return { key, range, series: [], warnings: [messageOf(error)] };
    }
  }
}

const EMPTY: Queryable = {
  select: () => ({
    length: 0,
    labels: (index) => {
      throw new RangeError(`expected no series to be asked for, found ${index}`);
    },
    read: () => undefined,
  }),
};
