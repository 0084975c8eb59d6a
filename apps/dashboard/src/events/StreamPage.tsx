import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback, useRef, useState } from 'react';
import { liveUrl } from '../api/eventApi.ts';
import type { StoredEvent } from '../api/eventTypes.ts';
import { QueryView } from '../components/States.tsx';
import { useMediaQuery } from '../components/useElementWidth.ts';
import { useShortcuts } from '../keyboard/useShortcuts.ts';
import { useRefreshedAt } from '../shell/autoRefresh.ts';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { EventDrawer } from './EventDrawer.tsx';
import { EventFilter } from './EventFilter.tsx';
import { EventGrid } from './EventGrid.tsx';
import { EventHistogram } from './EventHistogram.tsx';
import { ExportButton } from './ExportButton.tsx';
import { NoEvents } from './NoEvents.tsx';
import { PLATFORM_TYPES } from './platformEvents.ts';
import { readSeek, type Seek } from './seek.ts';
import { SeekBox } from './SeekBox.tsx';
import styles from './StreamPage.module.css';
import { TailButton } from './TailButton.tsx';
import { useEventLog } from './useEventLog.ts';
import { useLiveEvents } from './useLiveEvents.ts';
import { useStreamSearch } from './useStreamSearch.ts';

const route = getRouteApi('/events/$stream');

/** One stream: how many events over time, the events themselves from any place on, and those that come. */
export function StreamPage() {
  const { stream } = route.useParams();
  const { q = '', seek: seekText, sel, live } = route.useSearch();
  const { window } = useGlobalSearch();
  const { setQuery, setSeek, select, setLive } = useStreamSearch(route.useNavigate());
  const isWide = useMediaQuery('(min-width: 1440px)');
  const seek = readSeek(seekText);
  const log = useEventLog({ stream, q, window, seek, refreshedAt: useRefreshedAt() });
  const rows = log.query.data;
  usePageTitle(stream);

  const reading = useRef(false);
  const onReading = useCallback((isReading: boolean): void => {
    reading.current = isReading;
  }, []);
  const [since, setSince] = useState<number | null>(null);
  const wantsTail = live === '1' && log.isCurrent && rows?.after === null;
  // The address of the tail is fixed when it starts: what follows it resumes by itself.
  if (wantsTail && since === null) setSince(rows.end);
  if (!wantsTail && since !== null) setSince(null);
  const url = since === null ? null : liveUrl({ stream, ...(q === '' ? {} : { q }), after: since });
  const tail = useLiveEvents<StoredEvent>(url, 'event', (events) => log.addLive(events, reading.current));

  const move = (step: number): void => {
    if (rows === undefined || rows.events.length === 0) return;
    const at = rows.events.findIndex(({ offset }) => offset === sel);
    const next = at < 0 ? rows.events.length - 1 : Math.min(rows.events.length - 1, Math.max(0, at + step));
    select(rows.events[next]!.offset, at >= 0);
  };
  useShortcuts([
    { keys: 'j', label: 'Next event', run: () => move(1) },
    { keys: 'k', label: 'Previous event', run: () => move(-1) },
    { keys: 'Escape', label: 'Close the event', run: () => select(undefined, false) },
    { keys: 'l', label: 'Live tail on or off', run: () => setLive(live !== '1') },
  ]);
  const goTo = (next: Seek): void => setSeek(next, window);
  return (
    <>
      <PageHead
        title={stream}
        facts={
          PLATFORM_TYPES.includes(stream) && (
            <Link to="/events/timeline" search={{ key: [`kind:${stream}`] }}>
              Timeline
            </Link>
          )
        }
        actions={
          <>
            <ExportButton stream={stream} selection={log.selection} />
            <TailButton state={tail} on={live === '1'} onChange={setLive} />
          </>
        }
      />
      <div className={styles['controls']}>
        <EventFilter query={q} onChange={setQuery} />
        <SeekBox seek={seek} onSeek={goTo} />
      </div>
      <div className={styles['layout']} data-drawer={sel !== undefined && isWide}>
        <div className={styles['main']}>
          <EventHistogram stream={stream} query={q} live={tail === 'live'} />
          <QueryView query={log.query} queryKeys={[log.queryKey]} what="events" rows={12}>
            {(shown) =>
              shown.events.length === 0 && shown.before === null ? (
                <NoEvents
                  stream={stream}
                  query={q}
                  waiting={tail === 'live'}
                  onClear={() => setQuery('', false)}
                />
              ) : (
                <EventGrid
                  stream={stream}
                  rows={shown}
                  generation={log.generation}
                  startsAt={seek.kind === 'newest' ? 'bottom' : 'top'}
                  selected={sel}
                  failure={log.failure}
                  onGrow={(direction) => void log.grow(direction)}
                  onRetry={log.retry}
                  onReading={onReading}
                  onNewest={() => goTo({ kind: 'newest' })}
                />
              )
            }
          </QueryView>
        </div>
        {sel !== undefined && (
          <EventDrawer offset={sel} stream={stream} onClose={() => select(undefined, false)} />
        )}
      </div>
    </>
  );
}
