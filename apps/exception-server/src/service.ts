import { dirname } from 'node:path';
import { openOutbox } from '@binnacle/event-bus';
import { flag, type Service, type ServiceContext, type ServiceDefinition } from '@binnacle/service-kit';
import { Ingestor } from './aggregate/ingestor.ts';
import { Registry } from './aggregate/registry.ts';
import { buildApp } from './app.ts';
import { configSchema, type ConfigFile } from './config/configSchema.ts';
import { serverConfigOf } from './config/serverConfig.ts';
import { storageUrlOf } from './config/storageUrl.ts';
import { exceptionEvent, targetEvent } from './events/platformEvents.ts';
import { Actions } from './lifecycle/actions.ts';
import { ChangeFeed, changeOf, type Change } from './lifecycle/changes.ts';
import { startMaintenance } from './maintenance.ts';
import { ServerMetrics } from './metrics/serverMetrics.ts';
import { Scraper } from './scrape/scraper.ts';
import { openStore } from './storage/open.ts';
import type { IngestPlan } from './aggregate/plan.ts';

const VERSION = '0.1.0';

const FLAGS = {
  'storage.url': flag.string({
    help: 'Where exceptions are kept: a path or sqlite: URL, postgres://…, or :memory:. Above the configuration file.',
    group: 'Storage',
    placeholder: 'url',
  }),
  'storage.path': flag.string({
    help: 'Folder for the SQLite file when nothing else says where to keep exceptions.',
    group: 'Storage',
    placeholder: 'path',
    default: 'data',
  }),
  'events.url': flag.string({
    help: 'stream-service that new, regressed and resolved exceptions and targets are told to. Empty: none.',
    group: 'Events',
    placeholder: 'url',
    default: '',
  }),
  'events.kafka-brokers': flag.string({
    help: 'Kafka brokers (host:port, apart by commas) that they are told to instead.',
    group: 'Events',
    default: '',
  }),
  'events.kafka-topic': flag.string({ help: 'Topic of these events.', group: 'Events', default: 'events' }),
} as const;

type Context = ServiceContext<
  {
    readonly 'storage.url': string | undefined;
    readonly 'storage.path': string;
    readonly 'events.url': string;
    readonly 'events.kafka-brokers': string;
    readonly 'events.kafka-topic': string;
  },
  ConfigFile
>;

/** The exception-server as `runService` runs it. */
export const exceptionServer: ServiceDefinition<typeof FLAGS, typeof configSchema> = {
  name: 'exception-server',
  version: VERSION,
  description:
    'Scrapes, aggregates, stores and serves the exceptions of services. Reads the configuration of Periskop.',
  defaultPort: 9595,
  flags: FLAGS,
  configSchema,
  exceptionsPath: '/errors',
  create,
};

async function create(context: Context): Promise<Service<ConfigFile>> {
  const { flags, log, clock, registry: metricRegistry, reportException, shutdownSignal } = context;
  let config = serverConfigOf(context.config);
  const store = await openStore(
    storageUrlOf(context.config, flags['storage.url'], `${flags['storage.path']}/exceptions.sqlite`),
  );
  const registry = await Registry.load(store);
  const metrics = new ServerMetrics({
    registry: metricRegistry,
    maxSeries: config.metricSeries,
    periskopNames: config.periskopMetricNames,
  });
  const byId = new Map([...registry.fingerprints()].map((fingerprint) => [fingerprint.id, fingerprint]));
  await metrics.exceptions.restore(store.db, (id) => byId.get(id));
  const feed = new ChangeFeed();
  const outbox = openOutbox(
    {
      url: flags['events.url'],
      kafkaBrokers: flags['events.kafka-brokers'],
      kafkaTopic: flags['events.kafka-topic'],
      clientId: 'exception-server',
    },
    (error) => log.warn({ err: error }, 'events cannot be published yet'),
  );
  const eventSource = `/exception-server/${store.serverUuid}`;
  const publish = (change: Change): void => {
    feed.publish(change);
    const fingerprint = registry.find(change.id);
    const event = fingerprint && exceptionEvent(eventSource, change, fingerprint);
    if (event !== undefined) outbox?.add(event);
  };
  const ingestor = new Ingestor(registry, config.ingestLimits, (plan) => {
    metrics.onPlan(plan);
    publishPlan(plan, publish);
  });
  const actions = new Actions(registry, publish);
  const scraper = new Scraper(
    {
      ingestor,
      clock,
      log,
      serverUuid: store.serverUuid,
      baseDir: flags['config.file'] === '' ? '.' : dirname(flags['config.file']),
      environment: process.env,
      onHealth: (health, atMs) => outbox?.add(targetEvent(eventSource, health, atMs)),
      onScrape: (service, result, durationMs) => metrics.onScrape(service, result, durationMs),
      onRejections: (service, rejections) => metrics.onRejections(service, rejections),
    },
    config,
  );
  metrics.observe({
    targets: () => scraper.targets(),
    exceptions: () => registry.fingerprintCount,
    queueLength: () => scraper.queueLength,
    followers: () => feed.listenerCount,
    events: () => ({ waiting: outbox?.waiting ?? 0, dropped: outbox?.dropped ?? 0 }),
  });
  let stopMaintenance = async (): Promise<void> => undefined;

  return {
    register: (app) =>
      buildApp(app, {
        registry,
        ingestor,
        actions,
        feed,
        scraper,
        metrics,
        shutdownSignal,
        config: () => config,
        now: () => clock.now(),
        version: VERSION,
      }),
    start: async () => {
      await scraper.apply(config);
      stopMaintenance = startMaintenance({
        registry,
        actions,
        clock,
        log,
        reportException,
        retention: () => config.retention,
      });
    },
    reload: async (file) => {
      const next = serverConfigOf(file);
      await scraper.apply(next);
      ingestor.limits = next.ingestLimits;
      config = next;
    },
    stop: async () => {
      await scraper.stop();
      await stopMaintenance();
      await registry.idle();
      await outbox?.close();
      await store.close();
    },
  };
}

/** Tells followers what a delivery changed. */
function publishPlan({ changes, delivery }: IngestPlan, publish: (change: Change) => void): void {
  for (const { after, delta, transition } of changes) {
    if (transition !== undefined) {
      publish(changeOf(after, transition.kind, delivery.receivedMs, delta, delivery.version));
    }
  }
}
