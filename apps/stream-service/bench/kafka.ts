import { KafkaBus } from '@binnacle/event-bus';
import { EventRegistry, newEvent } from '@binnacle/event-schemas';
import { startKafka } from '@binnacle/kafka';
import { systemClock } from '@binnacle/service-kit';
import { checkedEvent } from '../src/log/storedEvent.ts';
import { EventLog } from '../src/log/eventLog.ts';
import { measure } from './measure.ts';

const EVENTS = Number(process.env['BENCH_KAFKA_EVENTS'] ?? 1_000_000);

/** Replays a topic from its beginning into the log, with the broker on the same machine. */
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
  const log = new EventLog({ folder, clock: systemClock });
  const registry = new EventRegistry();
  const replay = async (): Promise<void> => {
    const done = new Promise<void>((resolve) => log.onAppend(() => log.nextOffset === EVENTS && resolve()));
    await bus.consume({
      group: 'bench',
      batchSize: 2_000,
      handle: async (events) => {
        for (const one of events) registry.check(one);
        await log.append(events.map(checkedEvent));
      },
    });
    await done;
  };
  report(`replay into the log: ${await measure(EVENTS, replay)}`);
  await bus.close();
  await log.close();
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
