import type { CloudEvent } from '@binnacle/event-schemas';

/** Where events go and come from. Delivery is at least once; events with one `partitionkey` keep their order. */
export interface EventBus {
  /**
   * Resolves when every event is durable at the other side. Publishing an event again, by (source, id), is harmless.
   * Waits and tries again while the other side is busy or away; rejects with BUS_UNAVAILABLE when that takes longer
   * than the bus allows, with BUS_REJECTED when events are not acceptable.
   */
  publish(events: readonly CloudEvent[]): Promise<void>;
  /** Starts to consume for a group, from where the group came to. */
  consume(options: ConsumeOptions): Promise<Subscription>;
  /** What a group could not handle. */
  deadLetters(group: string): DeadLetters;
  /** Ends every subscription after the batch in hand, then the connections. */
  close(): Promise<void>;
}

export interface ConsumeOptions {
  /** Names the position that is kept: `[\w.:-]`, up to 128 characters. */
  readonly group: string;
  /** Only these event types; all when absent. */
  readonly types?: readonly string[];
  /** Events in one call of `handle`, at most. Default 500. */
  readonly batchSize?: number;
  /**
   * True when `handle` itself knows what came before, by (source, id). Then it sees an event again that was delivered
   * twice, and nothing is spent on remembering here. Default false.
   */
  readonly handlesDuplicates?: boolean;
  /** Calls of `handle` at a time, each with other partitions of Kafka; other buses make one. Default 1. */
  readonly concurrency?: number;
  /**
   * Handles events in order. `texts` has the JSON of each event where the transport carried it as such. The position moves on when it resolves, so it resolves when its effect is durable. When it
   * rejects, the batch comes again after a pause that grows, for as long as it takes; an error with `retriable: false`
   * (`PermanentError`, `EventError`) means that no repetition helps: the batch is then halved until the culprits stand
   * alone, and they become dead letters.
   */
  readonly handle: (
    events: readonly CloudEvent[],
    texts: readonly (Uint8Array | undefined)[],
  ) => Promise<void>;
  /** Told of every failure, before the pause. */
  readonly onError?: (error: unknown) => void;
}

/** A consumer that runs. */
export interface Subscription {
  /** Ends it after the batch in hand. */
  stop(): Promise<void>;
}

/** An event that could not be handled, and why. */
export interface DeadLetter {
  /** Where it stands: `topic/partition/offset`, or the log's offset. */
  readonly origin: string;
  readonly code: string;
  readonly message: string;
  /** How often it was tried. */
  readonly attempts: number;
  readonly failedAt: string;
  /** Absent when it is no event at all. */
  readonly event?: CloudEvent;
}

/** Letters that a redrive with `token` would deliver again. */
export interface DeadLetterPreview {
  readonly letters: readonly DeadLetter[];
  readonly token: string;
}

/** The dead letters of one group. */
export interface DeadLetters {
  /** Looks without changing anything; the oldest first. */
  preview(limit: number): Promise<DeadLetterPreview>;
  /** Has the previewed letters delivered again; resolves with how many. */
  redrive(token: string): Promise<number>;
}
