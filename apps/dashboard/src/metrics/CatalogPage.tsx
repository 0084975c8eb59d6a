import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { seriesCountsQuery } from '../api/metricQueries.ts';
import { metricsStateQuery } from '../api/metricsState.ts';
import { Panel } from '../components/Panel.tsx';
import { SearchField } from '../components/SearchField.tsx';
import { EmptyState, QueryView } from '../components/States.tsx';
import table from '../components/table.module.css';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { formatCount, plural } from '../time/format.ts';
import { matchesWords, type CatalogEntry } from './catalog.ts';
import { NoMetrics } from './NoMetrics.tsx';
import { useCatalog } from './useCatalog.ts';
import styles from './Catalog.module.css';

const route = getRouteApi('/metrics/catalog');
const MOST_ROWS = 300;

/** Every metric that has series: type, help, unit, and how many series. */
export function CatalogPage() {
  const state = useQuery(metricsStateQuery());
  usePageTitle('Catalog of metrics');
  if (state.isPending) return null;
  if (state.data?.ready === false) return <NoMetrics title="Catalog of metrics" state={state.data} />;
  return <Catalog />;
}

function Catalog() {
  const { q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  const { query, queryKey } = useCatalog();
  return (
    <>
      <PageHead title="Catalog of metrics" actions={<Link to="/metrics">Explore</Link>} />
      <div className={styles['search']}>
        <SearchField
          label="Search metrics"
          value={q}
          placeholder="Search by name, type or help"
          onChange={(value) =>
            void navigate({
              search: (before) => ({ ...before, q: value || undefined }),
              replace: true,
              resetScroll: false,
            })
          }
        />
      </div>
      <QueryView query={query} queryKeys={[queryKey]} what="metrics">
        {(entries) => <Entries entries={entries.filter((entry) => matchesWords(entry, q.trim()))} />}
      </QueryView>
    </>
  );
}

function Entries({ entries }: { readonly entries: readonly CatalogEntry[] }) {
  const counts = useQuery(seriesCountsQuery());
  if (entries.length === 0) return <EmptyState title="No metric matches" />;
  const left = entries.length - MOST_ROWS;
  return (
    <Panel title={plural(entries.length, 'metric')} flush>
      {counts.error !== null && (
        <p className={styles['note']}>Series could not be counted: {counts.error.message}</p>
      )}
      <div className={table['scroll']} tabIndex={0} role="region" aria-label="Table of metrics">
        <table className={table['table']}>
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col">Type</th>
              <th scope="col">Unit</th>
              <th scope="col" data-numeric="true">
                Series
              </th>
              <th scope="col">Help</th>
            </tr>
          </thead>
          <tbody>
            {entries.slice(0, MOST_ROWS).map(({ name, type, unit, help, seriesNames }) => (
              <tr key={name}>
                <th scope="row" className={styles['name']}>
                  <Link to="/metrics/catalog/$name" params={{ name }}>
                    {name}
                  </Link>
                </th>
                <td>{type}</td>
                <td>{unit}</td>
                <td data-numeric="true">
                  {counts.data === undefined
                    ? '–'
                    : formatCount(seriesNames.reduce((sum, one) => sum + (counts.data.get(one) ?? 0), 0))}
                </td>
                <td>{help}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && <p className={styles['note']}>{formatCount(left)} more; search to find them.</p>}
    </Panel>
  );
}
