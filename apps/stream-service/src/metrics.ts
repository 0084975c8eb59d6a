import type { ServiceContext } from '@binnacle/service-kit';
import type { WriteStatus } from '@binnacle/timeline';

export type StreamMetrics = ReturnType<typeof createStreamMetrics>;

/** The service's own metrics. */
export function createStreamMetrics(metrics: ServiceContext<unknown, unknown>['metrics']) {
  return {
    events: metrics.counter({
      name: 'stream_events_total',
      help: 'Events by what the log did with them: accepted, duplicate, rejected.',
      labelNames: ['outcome'],
    }),
    timelineWrites: metrics.counter({
      name: 'stream_timeline_writes_total',
      help: 'Writes of events into timelines by what became of them: changed, noop, evicted, failed.',
      labelNames: ['outcome'],
    }),
    retained: metrics.counter({
      name: 'stream_events_removed_total',
      help: 'Events that retention removed from the log.',
    }),
    liveClients: metrics.gauge({
      name: 'stream_live_clients',
      help: 'Clients that listen to a live stream.',
    }),
    liveCut: metrics.counter({
      name: 'stream_live_clients_cut_total',
      help: 'Live clients that were cut because they did not keep up.',
    }),
  };
}

const OUTCOMES = { applied: 'changed', noop: 'noop', refused: 'evicted', failed: 'failed' } as const;

/** Counts what became of writes into timelines. */
export function countWrites({
  timelineWrites,
}: Pick<StreamMetrics, 'timelineWrites'>): (statuses: readonly WriteStatus[]) => void {
  return (statuses) => {
    const counts = { applied: 0, noop: 0, refused: 0, failed: 0 };
    for (const status of statuses) counts[status]++;
    for (const status of Object.keys(counts) as WriteStatus[]) {
      if (counts[status] > 0) timelineWrites.inc({ outcome: OUTCOMES[status] }, counts[status]);
    }
  };
}
