import { useQuery, useQueryClient } from '@tanstack/react-query';
import { liveUrl } from '../api/eventApi.ts';
import { platformEventsQuery } from '../api/eventQueries.ts';
import type { StoredEvent } from '../api/eventTypes.ts';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { useHasEvents } from '../shell/useNavigation.ts';
import { PLATFORM_TYPES } from './platformEvents.ts';
import { useLiveEvents } from './useLiveEvents.ts';

/** The platform's events of a service in the window, fetched again as soon as another one is published. */
export function usePlatformEvents(service: string) {
  const { window } = useGlobalSearch();
  const client = useQueryClient();
  const options = platformEventsQuery(service, window);
  const isWanted = useHasEvents();
  const query = useQuery({ ...options, enabled: isWanted });
  const end = query.data?.end;
  const url =
    end === undefined || window.to !== 'now'
      ? null
      : liveUrl({ service, stream: PLATFORM_TYPES, after: end });
  useLiveEvents<StoredEvent>(url, 'event', () => {
    void client.invalidateQueries({ queryKey: ['events', 'platform', service] });
  });
  return { options, query };
}
