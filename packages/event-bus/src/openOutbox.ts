import type { EventBus } from './contract.ts';
import { HttpBus } from './http/httpBus.ts';
import { KafkaBus } from './kafka/kafkaBus.ts';
import { Outbox } from './outbox.ts';

/** Where a server's own events go, as its flags say. */
export interface OutboxTarget {
  /** stream-service, or empty. */
  readonly url: string;
  /** `host:port` of some Kafka brokers, apart by commas, or empty. Goes before `url`. */
  readonly kafkaBrokers: string;
  readonly kafkaTopic: string;
  readonly clientId: string;
}

/** Opens an outbox to Kafka or to stream-service; undefined when neither is named. */
export function openOutbox(target: OutboxTarget, onError: (error: unknown) => void): Outbox | undefined {
  const bus = busOf(target);
  return bus === undefined ? undefined : new Outbox({ bus, onError });
}

function busOf({ url, kafkaBrokers, kafkaTopic, clientId }: OutboxTarget): EventBus | undefined {
  if (kafkaBrokers !== '') {
    const brokers = kafkaBrokers.split(',').map((broker) => broker.trim());
    return new KafkaBus({ brokers, topic: kafkaTopic, clientId });
  }
  return url === '' ? undefined : new HttpBus({ url });
}
