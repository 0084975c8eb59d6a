import { formatDuration, RegexError } from '@binnacle/model';
import type { ServiceApp } from '@binnacle/service-kit';
import type { BlockInfo } from '@binnacle/tsdb';
import type { Dependencies } from './dependencies.ts';
import { success } from './envelope.ts';
import { badParam, RequestParams } from './requestParams.ts';
import { selfMetrics } from './selfMetrics.ts';

const DEFAULT_TOP = 10;
const DEFAULT_RETENTION = '15d';
/** What clients that ask which Prometheus they talk to are told: its API of this version is what they get. */
const PROMETHEUS_VERSION = '3.14.0';

/** /status/*, /alertmanagers, /features. */
export function statusRoutes(app: ServiceApp, deps: Dependencies): void {
  const { storage, features } = deps;

  app.get('/status/buildinfo', async (_request, reply) => success(reply, buildInfo(deps.version)));

  app.get('/status/runtimeinfo', async (_request, reply) => {
    const { ok, atMs } = deps.lastReload();
    const { time, size } = retentionOf(deps);
    return success(reply, {
      startTime: new Date(deps.startedAtMs).toISOString(),
      CWD: process.cwd(),
      hostname: '',
      serverTime: new Date(deps.now()).toISOString(),
      reloadConfigSuccess: ok,
      lastConfigTime: new Date(atMs).toISOString(),
      corruptionCount: 0,
      goroutineCount: 0,
      GOMAXPROCS: 1,
      GOMEMLIMIT: 0,
      GOGC: '',
      GODEBUG: '',
      storageRetention: size > 0 ? `${time} or ${size}B` : time,
    });
  });

  app.get('/status/config', async (_request, reply) => success(reply, { yaml: deps.config().text }));

  app.get('/status/flags', async (_request, reply) =>
    success(
      reply,
      Object.fromEntries(Object.entries(deps.allFlags).map(([name, value]) => [name, flagText(name, value)])),
    ),
  );

  app.get('/status/tsdb', async (request, reply) => {
    const top = RequestParams.of(request).limit() || DEFAULT_TOP;
    return success(reply, tsdbStatus(deps, top));
  });

  app.get('/status/tsdb/blocks', async (_request, reply) =>
    success(reply, { blocks: blocksOf(storage.blocks()) }),
  );

  app.get('/status/self_metrics', async (request, reply) => {
    const pattern = RequestParams.of(request).text('metric_name_pattern');
    try {
      return success(reply, await selfMetrics(deps.registry, pattern));
    } catch (error) {
      if (error instanceof RegexError) throw badParam('metric_name_pattern', error.message);
      throw error;
    }
  });

  app.get('/status/walreplay', { config: { answersWhileStarting: true } }, async (_request, reply) =>
    success(reply, deps.replayStatus()),
  );

  app.get('/alertmanagers', async (_request, reply) =>
    success(reply, { activeAlertmanagers: [], droppedAlertmanagers: [] }),
  );

  app.get('/features', async (_request, reply) =>
    success(reply, {
      prometheus: Object.fromEntries(features.names.map((name) => [name, true])),
      api: {
        query: true,
        query_range: true,
        remote_write_receiver: deps.flags['web.enable-remote-write-receiver'],
      },
      storage: { series: storage.stats().headSeries },
    }),
  );
}

/** In the fields of Prometheus, also of `/version`. */
export function buildInfo(version: string): object {
  return {
    version: PROMETHEUS_VERSION,
    revision: `binnacle-${version}`,
    branch: 'binnacle',
    buildUser: 'binnacle',
    buildDate: '',
    goVersion: `node ${process.version}`,
  };
}

function tsdbStatus({ storage }: Dependencies, top: number): object {
  const { headSeries, headMinTime, headMaxTime } = storage.stats();
  const cardinality = storage.cardinality(top);
  return {
    headStats: {
      numSeries: headSeries,
      numLabelPairs: cardinality.labelValueCountByLabelName.reduce((sum, { value }) => sum + value, 0),
      chunkCount: headSeries,
      minTime: finite(headMinTime),
      maxTime: finite(headMaxTime),
    },
    ...cardinality,
  };
}

/** Blocks as Prometheus describes its own; parents that are gone by now have a name only. */
function blocksOf(blocks: readonly BlockInfo[]): object[] {
  return blocks.map(({ ulid, minTime, maxTime, stats, compaction, version }) => ({
    ulid,
    minTime,
    maxTime,
    stats,
    compaction: { ...compaction, parents: compaction.parents.map((parent) => ({ ulid: parent })) },
    version,
  }));
}

function finite(timeMs: number): number {
  return Number.isFinite(timeMs) ? timeMs : 0;
}

function retentionOf({ flags, config, retentionBytes }: Dependencies): { time: string; size: number } {
  const timeMs = config().retentionMs ?? flags['storage.tsdb.retention.time'];
  return {
    time: timeMs === undefined ? DEFAULT_RETENTION : formatDuration(timeMs),
    size: retentionBytes,
  };
}

/** Flags as they would be written; durations were read into milliseconds. */
function flagText(name: string, value: unknown): string {
  if (typeof value === 'number' && DURATION_FLAGS.test(name)) return formatDuration(value);
  return Array.isArray(value) ? value.join(',') : String(value ?? '');
}

const DURATION_FLAGS = /timeout|deadline|delay|delta|retention\.time/;
