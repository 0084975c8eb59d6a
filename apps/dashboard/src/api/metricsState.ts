import { queryOptions, useQuery } from '@tanstack/react-query';
import { requestJson } from './http.ts';

/** Where the metrics API is, below the base address of the pages. */
export const METRICS_PREFIX = 'api/metrics';

/** What the dashboard's server knows of the metrics server. */
export interface MetricsState {
  /** False when the dashboard was started without one. */
  readonly configured: boolean;
  readonly ready: boolean;
}

/** Whether a metrics server is behind this dashboard. */
export function metricsStateQuery() {
  return queryOptions({
    queryKey: ['metrics', 'state'],
    queryFn: ({ signal }) => requestJson<MetricsState>(`${METRICS_PREFIX}/-/ready`, { signal }),
    staleTime: 60_000,
  });
}

/** True when a metrics server is there; pages and entries about metrics hide themselves otherwise. */
export function useHasMetrics(): boolean {
  return useQuery(metricsStateQuery()).data?.ready === true;
}
