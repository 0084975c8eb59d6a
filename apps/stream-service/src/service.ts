import { join } from 'node:path';
import type { EventBus } from '@binnacle/event-bus';
import { EventRegistry } from '@binnacle/event-schemas';
import { flag, type ServiceDefinition } from '@binnacle/service-kit';
import type { TSchema } from 'typebox';
import manifest from '../package.json' with { type: 'json' };
import { buildApp } from './app.ts';
import { kafkaFlags, kafkaReplay, startKafkaIngest } from './ingest/kafkaIngest.ts';
import { EventLog } from './log/eventLog.ts';
import { applyRetention } from './log/retention.ts';
import { countWrites, createStreamMetrics } from './metrics.ts';
import { createRoshiMetrics } from './roshi/roshiMetrics.ts';
import { cursorSecret } from './timelines/cursorSecret.ts';
import { Cursors } from './timelines/cursors.ts';
import { exportFarmMetrics } from './timelines/farmMetrics.ts';
import { Follows } from './timelines/follows.ts';
import { Indexer } from './timelines/indexer.ts';
import { openTimelines, timelineFlags } from './timelines/openTimelines.ts';
import { Rebuild } from './timelines/rebuild.ts';
import { TimelineReader } from './timelines/timelineReader.ts';
import { GenerationalFarm, REFRESH_INTERVAL_MS } from './timelines/farmGenerations.ts';
import { forgetOlder } from './timelines/timelineRetention.ts';
import { repeat } from './timelines/repeat.ts';

const RETENTION_INTERVAL_MS = 60_000;
const TIMELINE_RETENTION_INTERVAL_MS = 600_000;

const flags = {
  'storage.path': flag.string({
    help: 'Folder of the event log and the timelines.',
    default: 'stream-data',
  }),
  'log.retention.age': flag.duration({ help: 'How long events are kept.', default: '30d' }),
  'log.retention.events': flag.int({ help: 'How many events are kept.', default: 10_000_000, min: 1 }),
  'log.max-queue-size': flag.size({
    help: 'Bytes of events that may wait to be written before more are refused with 429.',
    default: '64MB',
  }),
  ...timelineFlags,
  ...kafkaFlags,
};

/** Event log, timelines, follow graph and live streams. */
export const streamService: ServiceDefinition<typeof flags, TSchema> = {
  name: 'stream-service',
  version: manifest.version,
  description: manifest.description,
  defaultPort: 6302,
  flags,
  create: async ({
    flags,
    clock,
    log: logger,
    metrics: ownMetrics,
    registry: registryOfMetrics,
    shutdownSignal,
  }) => {
    const metrics = createStreamMetrics(ownMetrics);
    const log = new EventLog({
      folder: join(flags['storage.path'], 'log'),
      clock,
      maxQueuedBytes: flags['log.max-queue-size'],
    });
    const folder = flags['storage.path'];
    const timelines = await openTimelines(folder, flags, clock);
    const registry = new EventRegistry();
    const indexer = new Indexer({
      log,
      registry,
      store: timelines,
      ...(timelines instanceof GenerationalFarm
        ? { storeName: flags['redis.instances'].replaceAll(/\s/g, '') }
        : {}),
      clock,
      onFailure: (error) => logger.warn({ err: error }, 'an event is not in the timelines yet'),
      onWritten: countWrites(metrics),
    });
    const rebuild = new Rebuild({
      log,
      registry,
      store: timelines,
      clock,
      signal: shutdownSignal,
      replayKafka: kafkaReplay(flags),
    });
    const namespace = flags['prometheus.namespace'];
    const roshiMetrics =
      namespace === ''
        ? undefined
        : createRoshiMetrics({
            registry: registryOfMetrics,
            namespace,
            maxSummaryAgeSeconds: Math.max(1, flags['prometheus.max.summary.age'] / 1000),
            farm: timelines instanceof GenerationalFarm,
          });
    const background: Promise<void>[] = [];
    if (timelines instanceof GenerationalFarm) {
      exportFarmMetrics(registryOfMetrics, timelines.farm.stats, namespace);
    }
    const retention = {
      maxAgeMs: flags['log.retention.age'],
      maxEvents: flags['log.retention.events'],
    };
    let kafka: EventBus | undefined;
    let retaining = Promise.resolve();
    let cancelTimer = (): void => undefined;
    const retain = (): void => {
      retaining = applyRetention(log, clock.now(), retention, shutdownSignal)
        .then((removed) => metrics.retained.inc(removed))
        .catch((error: unknown) => logger.error({ err: error }, 'retention failed; it is tried again'))
        .finally(() => {
          if (!shutdownSignal.aborted) cancelTimer = clock.setTimer(retain, RETENTION_INTERVAL_MS);
        });
    };
    return {
      register: (app) =>
        buildApp(app, {
          version: manifest.version,
          log,
          registry,
          timelines,
          indexer,
          reader: new TimelineReader(timelines, log, new Cursors(cursorSecret(folder))),
          follows: new Follows(timelines),
          rebuild,
          maxBodyBytes: flags['web.max-request-size'],
          roshiMetrics,
          clock,
          metrics,
          shutdownSignal,
        }),
      start: async () => {
        indexer.start();
        if (timelines instanceof GenerationalFarm) {
          background.push(
            repeat({
              intervalMs: REFRESH_INTERVAL_MS,
              clock,
              signal: shutdownSignal,
              run: () => timelines.refresh(),
              onFailure: (error) =>
                logger.warn({ err: error }, 'the farm does not say which generation holds'),
            }),
          );
        }
        if (timelines instanceof GenerationalFarm && flags['farm.walk.interval'] > 0) {
          const walk = { keysPerSecond: flags['max.keys.per.second'], batchSize: flags['batch.size'] };
          background.push(
            repeat({
              intervalMs: flags['farm.walk.interval'],
              clock,
              signal: shutdownSignal,
              run: async () =>
                logger.info(
                  await timelines.farm.walk({ ...walk, signal: shutdownSignal }),
                  'the farm was walked',
                ),
              onFailure: (error) => logger.warn({ err: error }, 'a walk of the farm failed'),
            }),
          );
        }
        const maxAgeMs = flags['timelines.retention.age'];
        if (maxAgeMs > 0) {
          background.push(
            repeat({
              intervalMs: Math.min(TIMELINE_RETENTION_INTERVAL_MS, maxAgeMs),
              clock,
              signal: shutdownSignal,
              run: async () => {
                const cut = await forgetOlder(timelines, clock.now() - maxAgeMs, shutdownSignal);
                logger.info({ timelines: cut }, 'entries beyond their age were forgotten');
              },
              onFailure: (error) => logger.warn({ err: error }, 'old entries could not be forgotten'),
            }),
          );
        }
        kafka = await startKafkaIngest({
          flags,
          log,
          registry,
          onTaken: (accepted, duplicates) => {
            metrics.events.inc({ outcome: 'accepted' }, accepted);
            metrics.events.inc({ outcome: 'duplicate' }, duplicates);
          },
          onError: (error) => logger.warn({ err: error }, 'events of Kafka could not be taken yet'),
        });
        retain();
      },
      stop: async () => {
        cancelTimer();
        await kafka?.close();
        await indexer.stop();
        await retaining;
        await Promise.all(background);
        await rebuild.settled();
        await timelines.close();
        await log.close();
      },
    };
  },
};
