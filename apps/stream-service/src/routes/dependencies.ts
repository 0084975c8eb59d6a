import type { EventRegistry } from '@binnacle/event-schemas';
import type { Clock } from '@binnacle/service-kit';
import type { EventLog } from '../log/eventLog.ts';
import type { StreamMetrics } from '../metrics.ts';

/** What the routes work with. */
export interface Dependencies {
  readonly version: string;
  readonly log: EventLog;
  readonly registry: EventRegistry;
  readonly clock: Clock;
  readonly metrics: StreamMetrics;
  /** Aborted when the server shuts down: live streams end then. */
  readonly shutdownSignal: AbortSignal;
}
