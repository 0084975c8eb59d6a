export type { Backoff } from './backoff.ts';
export type {
  ConsumeOptions,
  DeadLetter,
  DeadLetterPreview,
  DeadLetters,
  EventBus,
  Subscription,
} from './contract.ts';
export { EventBusError, PermanentError, type EventBusErrorCode } from './errors.ts';
export { GroupShares, type Renewal, type Share } from './groups/groupShares.ts';
export { PARTITIONS, partitionOf } from './groups/partitions.ts';
export { HttpBus, type HttpBusOptions } from './http/httpBus.ts';
export { KafkaBus, type KafkaBusOptions } from './kafka/kafkaBus.ts';
export { openOutbox, type OutboxTarget } from './openOutbox.ts';
export { Outbox, type OutboxOptions } from './outbox.ts';
export { MemoryBus } from './memory/memoryBus.ts';
