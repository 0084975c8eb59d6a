import type { EventRegistry } from '@binnacle/event-schemas';
import type { Clock } from '@binnacle/service-kit';
import type { TimelineStore } from '@binnacle/timeline';
import type { EventLog } from '../log/eventLog.ts';
import type { RoshiMetrics } from '../roshi/roshiMetrics.ts';
import type { StreamMetrics } from '../metrics.ts';
import type { Follows } from '../timelines/follows.ts';
import type { Indexer } from '../timelines/indexer.ts';
import type { Rebuild } from '../timelines/rebuild.ts';
import type { TimelineReader } from '../timelines/timelineReader.ts';

/** What the routes work with. */
export interface Dependencies {
  readonly version: string;
  readonly log: EventLog;
  readonly registry: EventRegistry;
  readonly timelines: TimelineStore;
  readonly indexer: Indexer;
  readonly reader: TimelineReader;
  readonly follows: Follows;
  readonly rebuild: Rebuild;
  readonly maxBodyBytes: number;
  readonly roshiMetrics: RoshiMetrics | undefined;
  readonly clock: Clock;
  readonly metrics: StreamMetrics;
  /** Aborted when the server shuts down: live streams end then. */
  readonly shutdownSignal: AbortSignal;
}
