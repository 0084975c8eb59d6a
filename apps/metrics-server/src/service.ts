import { openOutbox } from '@binnacle/event-bus';
import type { Service, ServiceContext, ServiceDefinition } from '@binnacle/service-kit';
import { buildApp } from './app.ts';
import { configSchema, type ConfigFile } from './config/configSchema.ts';
import { resolveConfig, type ServerConfig } from './config/serverConfig.ts';
import { keysWithoutEffect } from './config/withoutEffect.ts';
import { messageOf } from './errors.ts';
import { alertEvent, targetEvent } from './events/platformEvents.ts';
import { featuresOf } from './features.ts';
import { FLAGS, flagsWithoutEffect, type Flags } from './flags.ts';
import { MetadataStore } from './metadataStore.ts';
import { OtlpReceiver } from './otlp/otlpReceiver.ts';
import { PushGateway } from './push/pushGateway.ts';
import { Queries } from './query/queries.ts';
import { RemoteWriteReceiver } from './remote/writeReceiver.ts';
import { Senders } from './remote/senders.ts';
import { RuleManager } from './rules/ruleManager.ts';
import { BodyBuffers } from './scrape/bodyBuffers.ts';
import { ScrapeManager } from './scrape/scrapeManager.ts';
import { ServerMetrics } from './serverMetrics.ts';
import { openStorage, shareOfDisk } from './storage.ts';

const VERSION = '0.1.0';
const DEFAULT_RETENTION_MS = 15 * 86_400_000;
const MAX_DECODED_BYTES = 256 * 1024 * 1024;

/** The metrics-server as `runService` runs it. */
export const metricsServer: ServiceDefinition<typeof FLAGS, typeof configSchema> = {
  name: 'metrics-server',
  version: VERSION,
  description: 'Scrapes, stores and queries metrics. Reads the configuration and flags of Prometheus.',
  defaultPort: 9090,
  metricPrefix: 'prometheus',
  flags: FLAGS,
  configSchema,
  commonFlagDefaults: {
    'web.enable-lifecycle': false,
    'web.cors.origin': '.*',
    'config.file': 'prometheus.yml',
  },
  create,
};

async function create(context: ServiceContext<Flags, ConfigFile>): Promise<Service<ConfigFile>> {
  const { flags, log, clock, metrics: ownMetrics, reportException } = context;
  for (const text of flagsWithoutEffect(flags)) log.warn(text);
  const features = featuresOf(flags['enable-feature']);
  const file = flags['config.file'];
  const defaults = { prefersProtobuf: features.createdZeros || features.storesStarts };
  let config = await resolveConfig(file, context.config, defaults);
  for (const text of [...features.withoutEffect, ...keysWithoutEffect(context.config)]) log.warn(text);
  let lastReload = { ok: true, atMs: clock.now() };
  const { storage, replay, replayStatus } = openStorage(
    {
      folder: flags['storage.tsdb.path'],
      maxSeries: flags['storage.tsdb.max-series'],
      retentionMs: config.retentionMs ?? flags['storage.tsdb.retention.time'] ?? DEFAULT_RETENTION_MS,
      retentionBytes: retentionBytes(config, flags),
      outOfOrderWindowMs: config.outOfOrderWindowMs,
      maxExemplars: features.exemplarStorage ? config.maxExemplars : 0,
      onCommit: (commit) => senders.onCommit(commit),
    },
    log,
  );
  const serverMetrics = new ServerMetrics(ownMetrics);
  const outbox = openOutbox(
    {
      url: flags['events.url'],
      kafkaBrokers: flags['events.kafka-brokers'],
      kafkaTopic: flags['events.kafka-topic'],
      clientId: 'metrics-server',
    },
    (error) => log.warn({ err: error }, 'events cannot be published yet'),
  );
  const eventSource = (): string => `/metrics-server/${context.externalUrl()}`;
  const metadata = new MetadataStore();
  const queries = new Queries({
    storage,
    flags,
    features,
    subqueryStepMs: config.evaluationIntervalMs,
    onQuery: (seconds) => serverMetrics.onQuery(seconds),
    onLogFailure: (error) => log.warn({ err: error }, 'the query log cannot be written'),
  });
  queries.logFile = config.queryLogFile;
  const scrapes = new ScrapeManager({
    storage,
    clock,
    log,
    baseDir: config.baseDir,
    environment: process.env,
    bodies: new BodyBuffers(),
    exemplarStorage: features.exemplarStorage,
    extraMetrics: features.extraScrapeMetrics,
    createdZeros: features.createdZeros,
    storesStarts: features.storesStarts,
    synthesizesStarts: features.synthesizesStarts,
    onMetadata: (target, family, kind, text) => metadata.set(target.key, family, kind, text),
    onTargetGone: (key) => metadata.remove(key),
    onStatuses: (statuses) => serverMetrics.onStatuses(statuses),
    onAhead: (samples) => serverMetrics.onAhead(samples),
    onScrape: (job, failure, seconds) => serverMetrics.onScrape(job, failure, seconds),
    onHealth: (job, target, error, atMs) => outbox?.add(targetEvent(eventSource(), job, target, error, atMs)),
  });
  const rules = new RuleManager({
    storage,
    clock,
    features,
    externalUrl: () => context.externalUrl(),
    onTransition: (alert) => outbox?.add(alertEvent(eventSource(), alert)),
    evaluate: (query, timeMs) => queries.elements({ query, timeMs }),
    onEvaluation: ({ key }, rule, error) => {
      serverMetrics.onEvaluation(key, error !== undefined);
      if (error !== undefined) log.warn({ group: key, rule: rule.name }, `rule failed: ${messageOf(error)}`);
    },
    onMissed: ({ key }, count) => serverMetrics.onMissed(key, count),
  });
  const receiver = new RemoteWriteReceiver({
    storage,
    metadata,
    clock,
    maxBodyBytes: MAX_DECODED_BYTES,
    exemplarStorage: features.exemplarStorage,
    onOutcome: ({ samples, histograms }) => serverMetrics.onReceived(samples + histograms),
  });
  serverMetrics.observe({
    storage,
    queries,
    scrapes,
    rules,
    events: () => ({ waiting: outbox?.waiting ?? 0, dropped: outbox?.dropped ?? 0 }),
  });
  const otlp = new OtlpReceiver({
    storage,
    metadata,
    clock,
    storesStarts: features.storesStarts,
    promoted: () => config.otlpPromoted,
  });
  const push = new PushGateway({ storage, metadata, folder: flags['storage.tsdb.path'], clock, log });
  push.intervalMs = config.scrapeIntervalMs;
  const senders = new Senders({
    storage,
    metadata,
    folder: flags['storage.tsdb.path'],
    clock,
    log,
    onSent: (name, result, samples) => serverMetrics.onSent(name, result, samples),
  });
  scrapes.check(config.scrape);
  rules.check(config);
  senders.check(config);
  queries.remoteReads.check(config);

  return {
    register: (app) =>
      buildApp(app, {
        storage,
        queries,
        metadata,
        scrapes,
        rules,
        receiver,
        push,
        otlp,
        features,
        flags,
        allFlags: flags as Readonly<Record<string, unknown>>,
        version: VERSION,
        startedAtMs: clock.now(),
        retentionBytes: retentionBytes(config, flags),
        config: () => config,
        lastReload: () => lastReload,
        now: () => clock.now(),
        externalUrl: () => context.externalUrl(),
        reportException,
        registry: context.registry,
        replayStatus,
      }),
    start: async () => {
      await replay(context.shutdownSignal);
      await push.start();
      await scrapes.apply(config.scrape);
      await rules.apply(config);
      await senders.apply(config);
      await queries.remoteReads.apply(config);
    },
    notReady: () => {
      const { state, current, max } = replayStatus();
      return state === 'done' ? undefined : `the log is read, segment ${current} of ${max}`;
    },
    reload: async (next) => {
      try {
        const resolved = await resolveConfig(file, next, defaults);
        for (const text of keysWithoutEffect(next)) log.warn(text);
        scrapes.check(resolved.scrape);
        rules.check(resolved);
        senders.check(resolved);
        queries.remoteReads.check(resolved);
        await scrapes.apply(resolved.scrape);
        await rules.apply(resolved);
        await senders.apply(resolved);
        await queries.remoteReads.apply(resolved);
        push.intervalMs = resolved.scrapeIntervalMs;
        queries.logFile = resolved.queryLogFile;
        config = resolved;
        lastReload = { ok: true, atMs: clock.now() };
      } catch (error) {
        lastReload = { ok: false, atMs: lastReload.atMs };
        throw error;
      }
    },
    stop: async () => {
      await senders.stop();
      await push.stop();
      await scrapes.stop();
      await rules.stop();
      await outbox?.close();
      await queries.close();
      await queries.remoteReads.stop();
      await storage.close();
    },
  };
}

/** The percentage stands above the size, and the file above the flag, as in Prometheus. */
function retentionBytes({ retentionPercentage, retentionBytes: bytes }: ServerConfig, flags: Flags): number {
  if (retentionPercentage !== undefined && retentionPercentage > 0) {
    return shareOfDisk(flags['storage.tsdb.path'], retentionPercentage);
  }
  return bytes ?? flags['storage.tsdb.retention.size'];
}
