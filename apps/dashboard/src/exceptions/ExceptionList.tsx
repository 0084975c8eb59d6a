import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { useLive } from '../api/changes.ts';
import { exceptionListQuery } from '../api/queries.ts';
import type { ExceptionSort } from '../api/types.ts';
import { TimeAxisScope } from '../charts/TimeAxis.tsx';
import { Button } from '../components/Button.tsx';
import { QueryView } from '../components/States.tsx';
import type { ExceptionListSearch } from '../router.tsx';
import { useRefreshedAt, useRefreshNow } from '../shell/autoRefresh.ts';
import { PageHead } from '../shell/PageHead.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatCount, plural } from '../time/format.ts';
import { EmptyList } from './EmptyList.tsx';
import { ExceptionGrid } from './ExceptionGrid.tsx';
import { FacetBar } from './FacetBar.tsx';
import { parseFilter, showsStatus, valuesOf } from './filter.ts';
import { FilterBox } from './FilterBox.tsx';
import { advanceRows, NO_ROWS } from './frozenRows.ts';
import { QuietNote } from './QuietNote.tsx';
import { useStatusOverrides } from './statusOverrides.ts';
import styles from './ExceptionList.module.css';

/** The list of exceptions with its filters, of all services or of one. The address holds everything but the selection. */
export function ExceptionList({
  search,
  onSearch,
  service,
  title,
}: {
  readonly search: ExceptionListSearch;
  readonly onSearch: (change: ExceptionListSearch, replace: boolean) => void;
  /** Only of this service. */
  readonly service?: string;
  /** Heading of the page; without one the list is part of another page. */
  readonly title?: string;
}) {
  const { window } = useGlobalSearch();
  const sort: ExceptionSort = search.sort ?? '-lastSeen';
  const own = useDeferredValue(search.q ?? '');
  const query = service === undefined ? own : `service:${JSON.stringify(service)} ${own}`;
  const options = exceptionListQuery(query, sort, window);
  const answer = useInfiniteQuery(options);
  const withStatus = useStatusOverrides();
  const refreshedAt = useRefreshedAt();
  const refreshNow = useRefreshNow();
  const tokens = parseFilter(query);

  const pages = answer.data?.pages;
  const [rows, setRows] = useState(NO_ROWS);
  if (pages !== undefined && !answer.isPlaceholderData) {
    const fetchedAt = answer.dataUpdatedAt;
    const next = advanceRows(rows, [query, sort, window.from, window.to, refreshedAt].join('\n'), {
      items: pages.flatMap((page) => page.items),
      fetchedAt,
      pageCount: pages.length,
      settled: !answer.isFetching && fetchedAt > refreshedAt,
    });
    if (next !== rows) setRows(next);
  }

  const appeared = useLive((live) => live.appeared);
  const missedAt = useLive((live) => live.missedAt);
  const shown = new Set(rows.rows.map((row) => row.item.id));
  const services = valuesOf(tokens, 'service');
  const waiting = new Set(rows.heldBack);
  for (const [id, { at, change }] of appeared) {
    if (at <= rows.fetchedAt || shown.has(id) || !showsStatus(tokens, change.status)) continue;
    if (services.length === 0 || services.includes(change.service)) waiting.add(id);
  }

  return (
    <>
      {title !== undefined && (
        <PageHead
          title={title}
          facts={
            pages === undefined ? undefined : (
              <span className="mono">{plural(pages[0]!.total, 'exception')}</span>
            )
          }
        />
      )}
      <div className={styles['controls']}>
        <FilterBox
          query={search.q ?? ''}
          window={window}
          onChange={(q, replace) => onSearch({ q: q === '' ? undefined : q }, replace)}
        />
        <FacetBar
          query={query}
          own={search.q ?? ''}
          window={window}
          sort={sort}
          withoutService={service !== undefined}
          onFilter={(q) => onSearch({ q: q === '' ? undefined : q }, false)}
          onSort={(next) => onSearch({ sort: next === '-lastSeen' ? undefined : next }, false)}
        />
      </div>
      <QueryView query={answer} queryKeys={[options.queryKey]} what="exceptions" rows={12}>
        {({ pages: [first] }) => {
          const range = { from: Date.parse(first!.window.from), to: Date.parse(first!.window.to) };
          const items = rows.rows.map((row) => withStatus(row.item, row.fetchedAt));
          return (
            <TimeAxisScope range={range} zone={window.zone} ticks={3}>
              <div className={styles['pill']} role="status">
                {(waiting.size > 0 || missedAt > rows.fetchedAt) && (
                  <Button look="primary" icon="refresh" onClick={refreshNow}>
                    {waiting.size > 0 ? `${formatCount(waiting.size)} new` : 'Changes were missed'}
                  </Button>
                )}
              </div>
              {items.length === 0 ? (
                <EmptyList
                  query={search.q ?? ''}
                  service={service}
                  onClear={() => onSearch({ q: undefined }, false)}
                  onQuery={(q) => onSearch({ q }, false)}
                />
              ) : (
                <>
                  <QuietNote items={items} />
                  <ExceptionGrid
                    items={items}
                    total={Math.max(first!.total, items.length)}
                    sort={sort}
                    selected={search.sel}
                    withoutService={service !== undefined}
                    onCursor={(id) => onSearch({ sel: id }, true)}
                    onSort={(next) => onSearch({ sort: next === '-lastSeen' ? undefined : next }, false)}
                    onEnd={() => {
                      if (answer.hasNextPage && !answer.isFetching) void answer.fetchNextPage();
                    }}
                  />
                </>
              )}
            </TimeAxisScope>
          );
        }}
      </QueryView>
    </>
  );
}
