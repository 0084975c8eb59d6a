import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { liveTimelinesUrl } from '../api/eventApi.ts';
import { timelinesQuery } from '../api/eventQueries.ts';
import type { TimelinePage as Page } from '../api/eventTypes.ts';
import { TimeAxisScope } from '../charts/TimeAxis.tsx';
import { Button } from '../components/Button.tsx';
import { Panel } from '../components/Panel.tsx';
import { EmptyState, QueryView } from '../components/States.tsx';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { plural } from '../time/format.ts';
import { resolveRange } from '../time/timeRange.ts';
import { EventMarks } from './EventMarks.tsx';
import { EventTable } from './EventTable.tsx';
import { KeyBox } from './KeyBox.tsx';
import { rowsOfItems } from './tableRows.ts';
import styles from './TimelinePage.module.css';
import { useLiveEvents } from './useLiveEvents.ts';

const route = getRouteApi('/events/timeline');
/** Timelines that get a lane of their own; the others are in the table alone. */
const MOST_LANES = 8;

/** One or several timelines merged, newest first. */
export function TimelinePage() {
  const { key: keys = [] } = route.useSearch();
  const navigate = route.useNavigate();
  const options = timelinesQuery(keys);
  const query = useInfiniteQuery(options);
  const [waiting, setWaiting] = useState(0);
  usePageTitle(keys.length === 0 ? 'Timelines' : keys.join(', '));
  const newest = query.isPlaceholderData ? undefined : query.data?.pages[0];
  const url = newest === undefined ? null : liveTimelinesUrl(keys, lastOffset(newest));
  useLiveEvents<object>(url, 'item', (items) => {
    // At the top of the page nothing that is being read can move away.
    if (globalThis.scrollY < 40) void query.refetch();
    else setWaiting((before) => before + items.length);
  });
  const showNew = (): void => {
    setWaiting(0);
    void query.refetch();
    globalThis.scrollTo({ top: 0 });
  };
  return (
    <>
      <PageHead
        title="Timelines"
        facts="Merged, newest first"
        actions={
          waiting > 0 && (
            <Button look="primary" className={styles['pill']} onClick={showNew}>
              {waiting} new
            </Button>
          )
        }
      />
      <KeyBox
        keys={keys}
        onChange={(next) =>
          void navigate({ search: (before) => ({ ...before, key: next.length === 0 ? undefined : next }) })
        }
      />
      {keys.length === 0 ? (
        <EmptyState title="No timeline is chosen">
          <p>
            Every service and every type of event has one: <code>service:tracks</code>,{' '}
            <code>kind:deploy.finished</code>.
          </p>
        </EmptyState>
      ) : (
        <QueryView query={query} queryKeys={[options.queryKey]} what="timelines" rows={12}>
          {({ pages }) => (
            <>
              <Timelines keys={keys} pages={pages} fetchedAt={query.dataUpdatedAt} />
              {query.hasNextPage && (
                <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  Older
                </Button>
              )}
            </>
          )}
        </QueryView>
      )}
    </>
  );
}

/** The highest offset that a page shows. */
function lastOffset({ items }: Page): number | undefined {
  const offsets = items.flatMap(({ event }) => (event === undefined ? [] : [event.offset]));
  return offsets.length === 0 ? undefined : Math.max(...offsets);
}

function Timelines({
  keys,
  pages,
  fetchedAt,
}: {
  readonly keys: readonly string[];
  readonly pages: readonly Page[];
  readonly fetchedAt: number;
}) {
  const { window, zone } = useGlobalSearch();
  const items = pages.flatMap((page) => page.items);
  const rows = rowsOfItems(items);
  const missing = [...new Set(pages.flatMap((page) => page.missingKeys))];
  const lanes = keys.slice(0, MOST_LANES).map((name) => ({
    name,
    events: items.flatMap(({ key, event }) => (key === name && event !== undefined ? [event] : [])),
  }));
  return (
    <div className={styles['stack']}>
      {pages.some((page) => page.partial) && (
        <p className={styles['partial']} role="status">
          ▲ Not everything answered in time, so entries may be missing
          {missing.length > 0 && `: ${missing.join(', ')}`}.
        </p>
      )}
      <Panel title={`In the window`} flush>
        <TimeAxisScope range={resolveRange(window, fetchedAt, zone)} zone={zone} ticks={8}>
          <EventMarks lanes={lanes} label="Timelines over time" />
        </TimeAxisScope>
      </Panel>
      <Panel title={plural(rows.length, 'newest entry', 'newest entries')} flush>
        {rows.length === 0 ? (
          <EmptyState title="These timelines are empty" />
        ) : (
          <EventTable rows={rows} label="Entries" />
        )}
      </Panel>
    </div>
  );
}
