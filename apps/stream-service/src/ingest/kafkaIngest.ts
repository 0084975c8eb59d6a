import { KafkaBus, type EventBus } from '@binnacle/event-bus';
import type { EventRegistry } from '@binnacle/event-schemas';
import { flag, type FlagValues } from '@binnacle/service-kit';
import type { EventLog } from '../log/eventLog.ts';
import type { KafkaReplay } from '../timelines/rebuild.ts';
import { acceptable } from './ingest.ts';

/** Flags of the Kafka consumer. */
export const kafkaFlags = {
  'kafka.brokers': flag.string({
    help: 'host:port of some brokers, apart by commas. Empty: events come by HTTP alone.',
    default: '',
  }),
  'kafka.topic': flag.string({ help: 'The topic that events come from.', default: 'events' }),
  'kafka.group': flag.string({
    help: 'Consumer group; servers of one group share the partitions.',
    default: 'stream-service',
  }),
};

export interface KafkaIngestOptions {
  readonly flags: FlagValues<typeof kafkaFlags>;
  readonly log: EventLog;
  readonly registry: EventRegistry;
  /** Told of what the log took. */
  readonly onTaken?: (accepted: number, duplicates: number) => void;
  readonly onError: (error: unknown) => void;
}

const EVENTS_AT_ONCE = 5_000;
/** Partitions whose events may wait for the log together: while it writes, the next are read and checked. */
const PARTITIONS_AT_ONCE = 3;

/**
 * Follows the Kafka topic into the log. An offset is committed when its events are in the log; what is no acceptable
 * event becomes a dead letter; a log that refuses makes the consumer pause.
 */
export async function startKafkaIngest({
  flags,
  log,
  registry,
  onTaken,
  onError,
}: KafkaIngestOptions): Promise<EventBus | undefined> {
  if (flags['kafka.brokers'] === '') return undefined;
  const bus = openBus(flags);
  await bus.consume({
    group: flags['kafka.group'],
    batchSize: EVENTS_AT_ONCE,
    concurrency: PARTITIONS_AT_ONCE,
    handlesDuplicates: true,
    onError,
    handle: async (events, texts) => {
      const appended = await log.append(events.map((event, i) => acceptable(log, registry, event, texts[i])));
      const duplicates = appended.filter(({ duplicate }) => duplicate).length;
      onTaken?.(appended.length - duplicates, duplicates);
    },
  });
  return bus;
}

/** Reads the Kafka topic from its beginning to its present end, apart from every group; undefined without Kafka. */
export function kafkaReplay(flags: FlagValues<typeof kafkaFlags>): KafkaReplay | undefined {
  if (flags['kafka.brokers'] === '') return undefined;
  return async (options) => {
    const bus = openBus(flags);
    try {
      await bus.replay(options);
    } finally {
      await bus.close();
    }
  };
}

function openBus(flags: FlagValues<typeof kafkaFlags>): KafkaBus {
  return new KafkaBus({
    brokers: flags['kafka.brokers'].split(',').map((broker) => broker.trim()),
    topic: flags['kafka.topic'],
    clientId: 'stream-service',
  });
}
