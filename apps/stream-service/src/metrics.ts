import type { ServiceContext } from '@binnacle/service-kit';

export type StreamMetrics = ReturnType<typeof createStreamMetrics>;

/** The service's own metrics. */
export function createStreamMetrics(metrics: ServiceContext<unknown, unknown>['metrics']) {
  return {
    events: metrics.counter({
      name: 'stream_events_total',
      help: 'Events by what became of them: accepted, duplicate, rejected.',
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
