import { useQuery } from '@tanstack/react-query';
import { eventsStateQuery } from '../api/eventsState.ts';
import { useHasMetrics } from '../api/metricsState.ts';
import { SIGNALS, SYSTEM, type NavigationEntry } from './navigation.ts';

/** The entries of the main navigation that lead somewhere: pages whose backend the dashboard was not given stay out. */
export function useNavigation(): {
  readonly signals: readonly NavigationEntry[];
  readonly system: readonly NavigationEntry[];
} {
  const hasEvents = useHasEvents();
  const hasMetrics = useHasMetrics();
  const isOffered = ({ needs }: NavigationEntry): boolean =>
    needs === undefined || (needs === 'events' ? hasEvents : hasMetrics);
  return { signals: SIGNALS.filter(isOffered), system: SYSTEM.filter(isOffered) };
}

/** True when the dashboard was given a stream-service, whether or not that one answers now. */
export function useHasEvents(): boolean {
  return useQuery(eventsStateQuery()).data?.configured === true;
}
