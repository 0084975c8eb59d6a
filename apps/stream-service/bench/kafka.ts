import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KafkaBus } from '@binnacle/event-bus';
import { EventRegistry, newEvent } from '@binnacle/event-schemas';
import { startKafka } from '@binnacle/kafka';
import { systemClock } from '@binnacle/service-kit';
import { LmdbStore } from '@binnacle/timeline';
import { startKafkaIngest } from '../src/ingest/kafkaIngest.ts';
import { EventLog } from '../src/log/eventLog.ts';
import { Indexer } from '../src/timelines/indexer.ts';
import { measure } from './measure.ts';

const EVENTS = Number(process.env['BENCH_KAFKA_EVENTS'] ?? 1_000_000);

/** Replays a topic from its beginning, as the service does, with the broker on the same machine. */
export async function kafkaBenchmark(folder: string, report: (line: string) => void): Promise<void> {
  await using broker = await startKafka({ partitions: 4 });
  const bus = new KafkaBus({ brokers: [broker.bootstrap], topic: 'bench', partitions: 4 });
  report(
    `publish: ${await measure(EVENTS, async () => {
      for (let at = 0; at < EVENTS; at += 1000) {
        await bus.publish(Array.from({ length: Math.min(1000, EVENTS - at) }, (_, i) => event(at + i)));
      }
    })}`,
  );
  await bus.close();
  await replay('replay into the log', false);
  await replay('replay into the log and the timelines', true);

  async function replay(what: string, indexed: boolean): Promise<void> {
    const log = new EventLog({ folder: join(folder, what, 'log'), clock: systemClock });
    const store = await LmdbStore.open({ folder: join(folder, what, 'timelines') });
    const registry = new EventRegistry();
    const indexer = new Indexer({ log, registry, store, clock: systemClock, onFailure: console.error });
    const done = new Promise<void>((resolve) => {
      if (indexed) indexer.onIndexed(() => indexer.position === EVENTS && resolve());
      else log.onAppend(() => log.nextOffset === EVENTS && resolve());
    });
    if (indexed) indexer.start();
    const brokerCpu = brokerSeconds();
    let ingest: Awaited<ReturnType<typeof startKafkaIngest>>;
    const cost = await measure(EVENTS, async () => {
      ingest = await startKafkaIngest({
        flags: { 'kafka.brokers': broker.bootstrap, 'kafka.topic': 'bench', 'kafka.group': what },
        log,
        registry,
        onError: console.error,
      });
      await done;
    });
    const micros = ((brokerSeconds() - brokerCpu) * 1e6) / EVENTS;
    report(`${what}: ${cost}; the broker ${micros.toFixed(2)} µs each`);
    await ingest?.close();
    await indexer.stop();
    await log.close();
    await store.close();
  }
}

function event(n: number) {
  return newEvent({
    id: `e${n}`,
    source: '/bench',
    type: 'activity',
    partitionkey: `user:${n % 5000}`,
    data: { actor: `user:${n % 5000}`, verb: 'repost', object: `track:${n % 997}` },
  });
}

/** CPU time of the broker, which is this process's only child, from Linux's `/proc`. */
function brokerSeconds(): number {
  const [pid] = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ');
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
