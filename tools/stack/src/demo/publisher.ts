import type { Activity, DeployFinished } from '@binnacle/event-schemas';
import type { Outbox, OutboxTarget } from '@binnacle/event-bus';

/** Where a demo service's events go: Kafka when there is one, else stream-service, else nowhere. */
export type EventsTarget = Pick<OutboxTarget, 'url' | 'kafkaBrokers'>;

/** What demo services publish, by type. */
interface DemoEventData {
  readonly activity: Activity;
  readonly 'deploy.finished': DeployFinished;
}

/** Publishes the events of a demo service. */
export interface Publisher {
  /** Queues an event; events of one key keep their order. */
  publish<T extends keyof DemoEventData>(
    type: T,
    partitionkey: string,
    data: DemoEventData[T],
  ): Promise<void>;
  /** Waits a little for what is queued. */
  close(): Promise<void>;
}

const CLOSE_WITHIN_MS = 2_000;

/** Makes a publisher; the bus is loaded by its first event, because most demo services never have one. */
export function createPublisher(service: string, target: EventsTarget): Publisher {
  let opening: Promise<Outbox | undefined> | undefined;
  const open = async (): Promise<Outbox | undefined> => {
    const { openOutbox } = await import('@binnacle/event-bus');
    return openOutbox({ ...target, kafkaTopic: 'events', clientId: `demo-${service}` }, (error) =>
      console.error(`an event could not be published yet: ${String(error)}`),
    );
  };
  return {
    publish: async (type, partitionkey, data) => {
      opening ??= open();
      const outbox = await opening;
      const { activity, dataSchemaUri, deployFinished, newEvent } = await import('@binnacle/event-schemas');
      const dataschema = dataSchemaUri(type === 'activity' ? activity : deployFinished);
      outbox?.add(newEvent({ source: `/demo/${service}`, type, dataschema, partitionkey, data }));
    },
    close: async () => (await opening)?.close(CLOSE_WITHIN_MS),
  };
}
